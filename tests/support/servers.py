"""Servers on this machine: for mail and the web, which keep what they are sent; for objects; and faults before them."""

from __future__ import annotations

import logging
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as one message takes."""

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                self._say("354 go on")
                content = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    content += part
                self.server.kept.append(content.decode())  # type: ignore[attr-defined]
            if verb == b"QUIT":
                self._say("221 bye")
                return
            self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class _Http(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.kept.append(self.rfile.read(int(self.headers["Content-Length"])).decode())  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(kind: str) -> Iterator[tuple[int, list[str]]]:
    """Serve `smtp` or `http` on a free port; yields the port and the messages received so far."""
    server: Any = (
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp)
        if kind == "smtp"
        else HTTPServer(("127.0.0.1", 0), _Http)
    )
    server.kept = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1], server.kept
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def object_storage() -> Iterator[str]:
    """Serve object storage for the time of a block; yields its address."""
    from moto.server import ThreadedMotoServer  # an extra

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Serve Redis, of the system's packages, for the time of a block; yields its address."""
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(60)


class _Patient(ThreadingHTTPServer):
    """Says nothing of who hung up, such as a process that was killed."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def failing(address: str, fault: Callable[[str], str]) -> Iterator[str]:
    """Serve what a server of the web at `address` does, with faults: yields the address.

    `fault`: says what is to become of a request, by its method: `500` (it is refused), `lost` (it is done, and nobody
    is told), `slow` (it is done after a second), or nothing.
    """
    host, _, port = address.removeprefix("http://").partition(":")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body, wanted = self._body(), fault(self.command)
            if wanted == "500":
                self._answer(500, [], b"")
                return
            if wanted == "slow":
                time.sleep(1.0)
            with closing(HTTPConnection(host, int(port))) as line:
                headers = {k: v for k, v in self.headers.items() if k.lower() not in _OF_THE_LINE}
                line.request(self.command, self.path, body, headers)
                found = line.getresponse()
                content = found.read()
            if wanted == "lost":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self._answer(found.status, found.getheaders(), content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in _OF_THE_LINE | {"content-length"}:
                    self.send_header(name, value)
            lengths = [value for name, value in headers if name.lower() == "content-length"]
            self.send_header("Content-Length", lengths[0] if self.command == "HEAD" and lengths else str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = _Patient(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


_OF_THE_LINE = {"transfer-encoding", "connection", "expect", "keep-alive"}
"""Headers that are said of one connection."""
