"""A mail server and a web server on this machine that keep what they are sent."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
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
