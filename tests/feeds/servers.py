"""A server that does as it is told, on loopback: raw bytes, so that it can lie as no library would."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Act = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\n"
MEGABYTE = 1024 * 1024


@contextmanager
def serving(act: Act) -> Iterator[int]:
    """The port at which each caller, once they have asked, gets this."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def talk(caller: socket.socket) -> None:
        with suppress(OSError), caller:
            caller.settimeout(20)
            caller.recv(65536)
            act(caller)

    def listen() -> None:
        while not stopped.is_set():
            with suppress(OSError):
                caller, _ = listener.accept()
                threading.Thread(target=talk, args=(caller,), daemon=True).start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def says(body: bytes, *headers: str, length: int | None = None) -> Act:
    """An honest answer; with a `length` a lie about it."""
    head = "".join(f"{each}\r\n" for each in headers)
    told = len(body) if length is None else length

    def act(caller: socket.socket) -> None:
        caller.sendall(OK + f"Content-Length: {told}\r\nConnection: close\r\n{head}\r\n".encode() + body)

    return act


def sends(data: bytes) -> Act:
    """These very bytes."""
    return lambda caller: caller.sendall(data)


def hangs(caller: socket.socket) -> None:
    """Takes the question and says nothing."""
    caller.recv(1)


def drips(caller: socket.socket) -> None:
    """A byte of a header every tenth of a second, for ever."""
    caller.sendall(OK + b"X: ")
    while True:
        caller.sendall(b"a")
        time.sleep(0.1)


def drips_body(caller: socket.socket) -> None:
    """An honest beginning, then a byte every tenth of a second."""
    caller.sendall(OK + b"Content-Length: 1000\r\n\r\n")
    while True:
        caller.sendall(b" ")
        time.sleep(0.1)


def floods(caller: socket.socket) -> None:
    """A hundred megabytes without saying so before."""
    caller.sendall(OK + b"Connection: close\r\n\r\n")
    for _ in range(100):
        caller.sendall(b"1" * MEGABYTE)


def floods_headers(caller: socket.socket) -> None:
    """Headers without end."""
    caller.sendall(OK)
    line = b"X-Filler: " + b"a" * 1000 + b"\r\n"
    while True:
        caller.sendall(line * 1000)


def floods_interim(caller: socket.socket) -> None:
    """Interim answers without end."""
    while True:
        caller.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
