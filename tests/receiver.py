"""A real HTTP server on loopback that keeps what is posted to it, and answers as it is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Posted:
    """What was posted: its path, its headers in small letters, its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Receiver:
    """`answers` are statuses for what comes next, then `status` for all others; `on_post` is called once
    something is kept and before it is answered."""

    port: int = 0
    posted: list[Posted] = field(default_factory=list)
    status: int = 204
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    on_post: Callable[[Posted], object] = lambda _: None
    at_once: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/in"

    def reset(self) -> None:
        self.__dict__.update(Receiver(self.port).__dict__)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """The server, listening on a port of its own."""
    kept, lock = Receiver(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                kept.at_once += 1
                kept.most_at_once = max(kept.most_at_once, kept.at_once)
                kept.posted.append(Posted(self.path, headers, body))
                status = kept.answers.pop(0) if kept.answers else kept.status
            kept.on_post(kept.posted[-1])
            with lock:
                kept.at_once -= 1
            try:
                self.send_response(status)
                for name, value in kept.headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(kept.content)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(kept.content)
            except OSError:
                return  # whoever asked is gone

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Says nothing: whoever asked was killed."""

    server = Server((HOST, 0), Handler)
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
