"""What every channel over Twilio hears alike: the fields of its calls, and whether they are Twilio's."""

import hmac
import re
from base64 import b64encode
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

from multidict import MultiDict
from twilio.request_validator import RequestValidator, get_signature_algorithm

from channels.contract import Forged, Hook

SIGNATURE = "x-twilio-signature"
SIGNATURE_SETTINGS = "x-twilio-webhooks-signature-settings"

# An address that the SDK signs as it stands: nothing in it that its parsing would drop, move or fill in.
PLAIN_URL = re.compile(r"https?://[a-z0-9.-]+(:[1-9][0-9]{0,3})?/[!-~]*")
ORDINARY = 8192  # characters of a form; whoever sends more, forged or not, leaves nothing behind
NOT_PLAIN = re.compile(r"[;#%]|\?$|bodySHA256")


def fields(encoded: str) -> tuple[tuple[str, str], ...]:
    """The fields of a form or a query, repeated and empty ones included, as parse_qsl reads them; a call has many."""
    return _just_read(encoded) if len(encoded) <= ORDINARY else _read(encoded)


def _read(encoded: str) -> tuple[tuple[str, str], ...]:
    pairs = (pair.partition("=") for pair in encoded.split("&") if pair)
    return tuple((_plain(name), _plain(value)) for name, _, value in pairs)


# A call's form is read twice, one time right after the other: to verify it and for what it says.
_just_read = lru_cache(maxsize=2)(_read)


def form(hook: Hook) -> dict[str, str]:
    """The fields of a form call, empty ones included; of one that is repeated, its first value."""
    return dict(reversed(fields(_text(hook))))


def _text(hook: Hook) -> str:
    return hook.body.decode("utf-8", "replace")


def _plain(encoded: str) -> str:
    spaced = encoded.replace("+", " ")
    return unquote(spaced) if "%" in spaced else spaced


def verify(hook: Hook, auth_token: str) -> None:
    """Raise Forged unless our token signed the call: over the URL and the form, or over the body's hash in the URL.

    The ordinary case is recognised at once: HMAC-SHA1 over the URL as it stands and the sorted form. Whatever that does
    not recognise is for the SDK's RequestValidator to judge, which knows of ports and of other signatures.
    """
    signature = hook.headers.get(SIGNATURE)
    if not signature:
        raise Forged("no signature")
    if not _is_signed_plainly(hook, auth_token, signature) and not _is_signed(hook, auth_token, signature):
        raise Forged("wrong signature")


def _is_signed_plainly(hook: Hook, auth_token: str, signature: str) -> bool:
    if SIGNATURE_SETTINGS in hook.headers or not PLAIN_URL.fullmatch(hook.url) or NOT_PLAIN.search(hook.url):
        return False
    signed = hook.url + "".join(name + value for name, value in sorted(set(fields(_text(hook)))))
    mac = _keyed(auth_token).copy()  # hmac.digest would let go of the GIL, and wait to get it back
    mac.update(signed.encode())
    return hmac.compare_digest(b64encode(mac.digest()), signature.encode("utf-8", "replace"))


@lru_cache(maxsize=256)
def _keyed(auth_token: str) -> hmac.HMAC:
    """An HMAC of nothing yet."""
    return hmac.new(auth_token.encode(), digestmod="sha1")


def _is_signed(hook: Hook, auth_token: str, signature: str) -> bool:
    algorithm = get_signature_algorithm(hook.headers.get(SIGNATURE_SETTINGS, ""))
    is_hashed = "bodySHA256" in parse_qs(urlsplit(hook.url).query)
    signed = _text(hook) if is_hashed else MultiDict(fields(_text(hook)))
    return bool(RequestValidator(auth_token).validate(hook.url, signed, signature, algorithm))
