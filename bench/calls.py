"""The calls providers make to the door, built beforehand so that making them costs little, and signed."""

import json
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from bench.house import PUBLIC_URL, SECRET, TOKEN

NUMBER = "whatsapp:+6531230000"
ACCOUNT = "AC" + "1" * 32
TURN = 1_000_000_000  # between the update ids of one person


def receipts(key: str, consignment_id: int, count: int, *, first: int = 1) -> Iterator[bytes]:
    """Twilio's word that the messages to subscribers `first` and after have been delivered."""
    for number in range(first, first + count):
        sid = f"SM{consignment_id:08x}{number:024x}"
        fields = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": "delivered", "SmsStatus": "delivered"}
        fields |= {"From": NUMBER, "To": f"whatsapp:+65{80_000_000 + number}"}
        yield _signed(f"/hooks/whatsapp/{key}?ref={consignment_id}-{number}-1", fields)


def hellos(key: str, count: int, *, first: int = 1) -> Iterator[bytes]:
    """So many new people who say hi on WhatsApp."""
    return (hello(key, number) for number in range(first, first + count))


def starts(key: str, count: int, *, first: int = 1) -> Iterator[bytes]:
    """So many new people who press START on Telegram."""
    return (start(key, number) for number in range(first, first + count))


def hello(key: str, number: int, text: str = "hi", *, turn: int = 0) -> bytes:
    """What this person says on WhatsApp; `turn` says for which time, and tells it from all else they say."""
    sid, address = f"SM{turn:08x}{number:024x}", str(on_whatsapp(number))
    fields = {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "SmsStatus": "received", "Body": text}
    fields |= {"From": f"whatsapp:+{address}", "To": NUMBER, "WaId": address, "ProfileName": "Aisyah"}
    fields |= {"NumMedia": "0", "NumSegments": "1", "MessageType": "text"}
    return _signed(f"/hooks/whatsapp/{key}", fields)


def start(key: str, number: int, text: str = "/start", *, turn: int = 0) -> bytes:
    """The same on Telegram: a press of START, with a link's key behind it or not, or any other words."""
    person = {"id": on_telegram(number), "first_name": "Aisyah"}
    message = {
        "message_id": 1 + turn,
        "from": {**person, "is_bot": False, "language_code": "en"},
        "chat": {**person, "type": "private"},
        "date": int(time.time()),
        "text": text,
    }
    if text.startswith("/"):
        message["entities"] = [{"offset": 0, "length": len(text.split()[0]), "type": "bot_command"}]
    said = {"update_id": turn * TURN + number, "message": message}
    body = json.dumps(said, separators=(",", ":")).encode()
    secret = f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
    return _call(f"/hooks/telegram/{key}", "application/json", secret, body)


def on_telegram(number: int) -> int:
    """Where the sink meets this person on Telegram."""
    return 700_000_000 + number


def on_whatsapp(number: int) -> int:
    """Where the sink meets this person on WhatsApp."""
    return 6_580_000_000 + number


def _signed(path: str, fields: dict[str, str]) -> bytes:
    fields |= {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01"}
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + path, fields)
    head = f"X-Twilio-Signature: {signature}\r\n"
    return _call(path, "application/x-www-form-urlencoded", head, urlencode(fields).encode())


def _call(path: str, kind: str, head: str, body: bytes) -> bytes:
    told = (
        f"POST {path} HTTP/1.1\r\nHost: city.example\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{head}"
    )
    return told.encode() + b"\r\n" + body
