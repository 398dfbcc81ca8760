"""The receiving end of every measurement, a process of its own: `python -m bench.sink --port 9000`.

It answers Telegram's sendMessage and Twilio's Messages.create as cheaply as Python can, in the shape and size of the
real answers (so that every client has the real thing to parse), and remembers who got what and when.
`POST /control/reset` says how it behaves, `GET /control/report` what it saw, `GET /control/notes` each message of it.
Its CPU is counted against nobody.
"""

import argparse
import asyncio
import json
import re
import time
from typing import cast
from urllib.parse import unquote_to_bytes

import uvloop

from bench.record import Record

RECIPIENT = re.compile(rb'(?:"chat_id": ?"?|(?:^|&)chat_id=|(?:^|&)To=whatsapp(?:%3A|:)(?:%2B|\+))(\d+)')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TEXT = b"Pasir Ris Drive 3 is closed between Loyang Ave and Jalan Loyang Besar. Avoid the area. " * 2
TELEGRAM = (
    b'{"ok":true,"result":{"message_id":%d,"from":{"id":110201543,"is_bot":true,"first_name":"City Council",'
    b'"username":"city_council_bot"},"chat":{"id":%d,"first_name":"Aisyah","type":"private"},"date":%d,'
    b'"text":"' + TEXT + b'"}}'
)
TWILIO = (
    b'{"account_sid":"AC11111111111111111111111111111111","api_version":"2010-04-01","body":"' + TEXT + b'",'
    b'"date_created":"Tue, 24 Nov 2026 08:00:00 +0000","date_sent":null,'
    b'"date_updated":"Tue, 24 Nov 2026 08:00:00 +0000","direction":"outbound-api","error_code":null,'
    b'"error_message":null,"from":"whatsapp:+6531230000","messaging_service_sid":null,"num_media":"0",'
    b'"num_segments":"1","price":null,"price_unit":null,"sid":"SM%032x","status":"queued",'
    b'"subresource_uris":{"media":"/2010-04-01/Accounts/AC1/Messages/SM1/Media.json"},'
    b'"to":"whatsapp:+%d","uri":"/2010-04-01/Accounts/AC1/Messages/SM1.json"}'
)
TELEGRAM_BRAKE = (
    b'{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}'
)
TWILIO_BRAKE = b'{"code":20429,"message":"Too Many Requests","more_info":"","status":429}'
ME = b'{"ok":true,"result":{"id":700100,"is_bot":true,"first_name":"City Council","username":"city_council_bot"}}'
CONTENTS = b'{"contents":[],"meta":{"page":0,"page_size":50,"url":"","key":"contents","next_page_url":null}}'
CONTENT = b'{"sid":"HX%032x","friendly_name":"menu","language":"en","variables":{},"types":{},"links":{}}'
REASONS = {200: b"OK", 201: b"Created", 404: b"Not Found", 411: b"Length Required", 429: b"Too Many Requests"}


def answered(status: int, body: bytes) -> bytes:
    """A whole HTTP answer."""
    head = b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, REASONS[status], len(body)) + body


class Sink(asyncio.Protocol):
    """One kept-alive connection of a client."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._waiting = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._record.connections += 1

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._waiting = data = self._waiting + data if self._waiting else data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(data, 0, end)
            size = int(length[1]) if length else 0
            if len(data) < end + 4 + size:
                break
            self._take(data[: data.index(b"\r\n")], data[end + 4 : end + 4 + size])
            data = data[end + 4 + size :]
        self._waiting = data

    def _take(self, line: bytes, body: bytes) -> None:
        record = self._record
        if b"/sendMessage " in line:
            self._message(TELEGRAM, 200, TELEGRAM_BRAKE, body)
        elif b"/Messages.json " in line:
            self._message(TWILIO, 201, TWILIO_BRAKE, body)
        elif b"/control/" in line:
            self._transport.write(answered(200, self._control(line, body)))
        elif b"/getMe " in line:
            self._say(answered(200, ME))
        elif b"/v1/Content" in line:
            record.number += 1
            self._say(answered(200, CONTENTS) if line.startswith(b"GET") else answered(201, CONTENT % record.number))
        else:
            record.unknown += 1
            self._say(answered(404, b"{}"))

    def _message(self, template: bytes, status: int, brake: bytes, body: bytes) -> None:
        record, now = self._record, time.time()
        found = RECIPIENT.search(body) or RECIPIENT.search(unquote_to_bytes(body))
        if found is None:
            record.unknown += 1
            self._say(answered(404, b"{}"))
            return
        if record.brake is not None and not record.brake.takes(now):
            record.throttled += 1
            self._say(answered(429, brake))
            return
        recipient = int(found[1])
        record.take(body, recipient, now)
        values = (record.number, recipient, int(now)) if template is TELEGRAM else (record.number, recipient)
        self._say(answered(status, template % values))

    def _say(self, answer: bytes) -> None:
        if self._record.latency:
            self._loop.call_later(self._record.latency, self._transport.write, answer)
        else:
            self._transport.write(answer)

    def _control(self, line: bytes, body: bytes) -> bytes:
        if b"/control/reset" in line:
            self._record.reset(**json.loads(body))
        elif b"/control/notes" in line:
            return json.dumps(self._record.notes).encode()
        return json.dumps(self._record.said()).encode()


async def serve(port: int) -> None:
    """Listen until the process is ended."""
    record = Record()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(record), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A platform that takes every message, and counts.")
    parser.add_argument("--port", type=int, required=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(parser.parse_args().port))
