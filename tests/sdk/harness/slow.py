"""Slow things for the `blocking` kind: a server that takes its time, pipes that do, and sleeps cut short.

Every host name leads to the server, so that an example may name any. It speaks HTTP only.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SLOW_SECONDS = 0.5
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

_sleep = time.sleep


def install(folder: str, pipes: Sequence[str]) -> str:
    """Sets everything up; the server's address as a URL."""
    port = _serve()
    _resolve_to(port)
    time.sleep = lambda seconds: _sleep(min(seconds, SLOW_SECONDS))  # type: ignore[assignment]
    for pipe in pipes:
        _pipe(Path(folder, pipe))
    return f"http://127.0.0.1:{port}"


def _serve() -> int:
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=[server], daemon=True).start()
    return int(server.getsockname()[1])


def _accept(server: socket.socket) -> None:
    while True:
        connection, _address = server.accept()
        threading.Thread(target=_answer, args=[connection], daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection:
        connection.recv(65536)
        _sleep(SLOW_SECONDS)
        connection.sendall(ANSWER)


def _resolve_to(port: int) -> None:
    known = socket.getaddrinfo

    def getaddrinfo(_host: Any, _port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        kind = type or socket.SOCK_STREAM
        return known("127.0.0.1", port, socket.AF_INET, kind, proto, flags)

    connect = BaseSelectorEventLoop.sock_connect

    async def sock_connect(loop: Any, sock: socket.socket, address: Any) -> None:
        # Some clients keep the port that they asked for and take over the address alone.
        await connect(loop, sock, ("127.0.0.1", port) if sock.family == socket.AF_INET else address)

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]
    BaseSelectorEventLoop.sock_connect = sock_connect  # type: ignore[method-assign]


def _pipe(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)

    def feed() -> None:
        while True:
            with open(path, "wb") as pipe:
                _sleep(SLOW_SECONDS)
                pipe.write(b"a,b\n1,2\n")
            _sleep(SLOW_SECONDS / 10)

    threading.Thread(target=feed, daemon=True).start()
