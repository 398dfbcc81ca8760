"""One structured log for the whole program: an event name that never changes, and values beside it.

Never a text, a token or a whole address: log references. What libraries say in their exceptions is not ours to choose,
so values are taken out of it on the way.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

from lean import without

with without("rich", "greenlet"):  # for tracebacks in colours and for gevent: 4 MB that we have no use for
    import structlog

LEFT_OUT = "[left out]"
VALUES = (
    # PostgreSQL quotes the row or the key that it refused: whole texts and addresses.
    re.compile(r"(?<=DETAIL:).*?(?=\n\[SQL|\n\(Background|\n\n(?:The above|During handling)|\Z)", re.DOTALL),
    re.compile(r"\d{5,}:[\w-]{30,}"),  # a bot's token, as in the URL of a call
    re.compile(r"(?<=://)[^\s/@]*:[^\s@]*(?=@)"),  # a user and a password
    re.compile(r"\+?\d{8,}"),  # a telephone number or a chat account
)


def without_values(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out of tracebacks and errors what they may quote of people and secrets; frames and reasons stay."""
    for key in ("exception", "error"):
        if isinstance(event.get(key), str):
            for pattern in VALUES:
                event[key] = pattern.sub(LEFT_OUT, event[key])
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    without_values,
]
QUIET = {
    **dict.fromkeys(
        ("httpx", "httpcore", "twilio", "telegram", "apscheduler", "alembic", "dramatiq.worker"), "WARNING"
    ),
    # One worker for each queue on one broker is meant; Dramatiq warns that their middleware is of the same type.
    "dramatiq.broker": "ERROR",
    # Waitress warns of every call that waits a moment for a thread, which is what its queue is for.
    "waitress.queue": "ERROR",
}


def configure(*, level: str, form: Literal["json", "console"]) -> None:
    """Send structlog's and the libraries' records through one handler to standard error."""
    renderer: Any = structlog.processors.JSONRenderer()
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
