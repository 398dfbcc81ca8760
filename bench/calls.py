"""The calls providers make to the door, built beforehand so that making them costs little, and signed."""

import json
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from bench.house import PUBLIC_URL, SECRET, TOKEN

NUMBER = "whatsapp:+6531230000"
ACCOUNT = "AC" + "1" * 32


def receipts(key: str, consignment_id: int, count: int, *, first: int = 1) -> Iterator[bytes]:
    """Twilio's word that the messages to subscribers `first` and after have been delivered."""
    for number in range(first, first + count):
        sid = f"SM{consignment_id:08x}{number:024x}"
        fields = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": "delivered", "SmsStatus": "delivered"}
        fields |= {"From": NUMBER, "To": f"whatsapp:+65{80_000_000 + number}"}
        yield _signed(f"/hooks/whatsapp/{key}?ref={consignment_id}-{number}-1", fields)


def hellos(key: str, count: int, *, first: int = 1) -> Iterator[bytes]:
    """So many new people who say hi on WhatsApp."""
    for number in range(first, first + count):
        sid, address = f"SM{number:032x}", f"65{80_000_000 + number}"
        fields = {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "SmsStatus": "received", "Body": "hi"}
        fields |= {"From": f"whatsapp:+{address}", "To": NUMBER, "WaId": address, "ProfileName": "Aisyah"}
        fields |= {"NumMedia": "0", "NumSegments": "1", "MessageType": "text"}
        yield _signed(f"/hooks/whatsapp/{key}", fields)


def starts(key: str, count: int, *, first: int = 1) -> Iterator[bytes]:
    """So many new people who press START on Telegram."""
    for number in range(first, first + count):
        person = {"id": 700_000_000 + number, "first_name": "Aisyah"}
        message = {
            "message_id": 1,
            "from": {**person, "is_bot": False, "language_code": "en"},
            "chat": {**person, "type": "private"},
            "date": int(time.time()),
            "text": "/start",
            "entities": [{"offset": 0, "length": 6, "type": "bot_command"}],
        }
        body = json.dumps({"update_id": number, "message": message}, separators=(",", ":")).encode()
        secret = f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        yield _call(f"/hooks/telegram/{key}", "application/json", secret, body)


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
