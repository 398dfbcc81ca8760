"""What every answer of ours forbids a browser, whichever page it is."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADERS = [
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
]


def guarded(application: "WSGIApplication") -> "WSGIApplication":
    """No browser may guess the type of an answer of ours, frame it, run anything in it, keep it or tell of it.

    A view that sets one of these headers itself knows better. Around Flask and not inside it: there each header of each
    answer costs the door three times as much.
    """

    def answer(call: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            own = {name for name, _ in headers}
            return start_response(status, headers + [header for header in HEADERS if header[0] not in own], *error)

        return application(call, start)

    return answer
