"""A sink that speaks HTTP/2 over TLS, for the rival that can use it: `sendMessage` is answered, and nothing is kept."""

import argparse
import asyncio
import re
import ssl
import time
from typing import Any

import uvloop
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

CHAT = re.compile(rb'chat_id(?:=|": ?"?)(\d+)')
ME = b'{"ok":true,"result":{"id":700100,"is_bot":true,"first_name":"City Council","username":"city_council_bot"}}'
TEXT = b"Pasir Ris Drive 3 is closed between Loyang Ave and Jalan Loyang Besar. Avoid the area. " * 2
SENT = (
    b'{"ok":true,"result":{"message_id":%d,"from":{"id":110201543,"is_bot":true,"first_name":"City Council",'
    b'"username":"city_council_bot"},"chat":{"id":%d,"first_name":"Aisyah","type":"private"},"date":%d,'
    b'"text":"' + TEXT + b'"}}'
)


class Front(asyncio.Protocol):
    """One connection with its streams."""

    def connection_made(self, transport: Any) -> None:
        """Greet."""
        self._transport = transport
        self._connection = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._bodies: dict[int, bytes] = {}
        self._paths: dict[int, bytes] = {}
        self._number = 0
        self._connection.initiate_connection()
        self._transport.write(self._connection.data_to_send())

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        for event in self._connection.receive_data(data):
            match event:
                case RequestReceived():
                    self._paths[event.stream_id] = dict(event.headers)[b":path"]
                    self._bodies[event.stream_id] = b""
                case DataReceived():
                    self._bodies[event.stream_id] += event.data
                    self._connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded():
                    self._answer(event.stream_id)
        self._transport.write(self._connection.data_to_send())

    def _answer(self, stream_id: int) -> None:
        body, path = self._bodies.pop(stream_id), self._paths.pop(stream_id)
        found = CHAT.search(body)
        self._number += 1
        said = SENT % (self._number, int(found[1]), int(time.time())) if found and b"sendMessage" in path else ME
        headers = [(b":status", b"200"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(said))]
        self._connection.send_headers(stream_id, headers)
        self._connection.send_data(stream_id, said, end_stream=True)


async def serve(port: int, certificate: str, key: str) -> None:
    """Listen until the process is ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    server = await asyncio.get_running_loop().create_server(Front, "127.0.0.1", port, ssl=context)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.port, options.certificate, options.key))
