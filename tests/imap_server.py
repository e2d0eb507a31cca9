"""A small IMAP server over TLS on loopback: as much of RFC 9051 as reading a folder by numbers takes."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.certificates import self_signed


@dataclass
class ImapServer:
    """The mails of one folder by their numbers, and which are seen. `commands`: what it was asked."""

    port: int = 0
    certificate: Path = Path()
    password: str = "p@ss"
    validity: int = 7
    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"imaps://bounces%40creditor.example:p%40ss@localhost:{self.port}/INBOX"

    def answer(self, command: str) -> tuple[list[bytes], str]:
        """What is said in between, and how it ends."""
        verb = " ".join(command.upper().split()[:2])
        if command.startswith("LOGIN"):
            return [], "OK in" if command.endswith(f'"{self.password}"') else "NO who are you"
        if command.startswith("SELECT"):
            return [
                b"* %d EXISTS" % len(self.mails),
                b"* OK [UIDVALIDITY %d] numbers" % self.validity,
            ], "OK done"
        if verb == "UID SEARCH":
            asked = int(re.findall(r"(\d+):\*", command)[0])
            last = max(self.mails, default=0)  # it answers with the last one where there is none above
            found = [number for number in self.mails if number >= min(asked, last)]
            return [b" ".join([b"* SEARCH", *(b"%d" % number for number in found)])], "OK done"
        if verb == "UID FETCH":
            number, limit = (int(one) for one in re.findall(r"FETCH (\d+) .*<0\.(\d+)>", command)[0])
            content = self.mails[number][:limit]
            head = b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n" % (number, len(content))
            return [head + content + b")"], "OK done"
        if verb == "UID STORE":
            self.seen.add(int(re.findall(r"STORE (\d+)", command)[0]))
            return [], "OK done"
        return ([b"* CAPABILITY IMAP4rev1"], "OK done") if verb == "CAPABILITY" else ([], "OK done")


@contextmanager
def imap_server(folder: Path) -> Iterator[ImapServer]:
    """The server, listening on a port of its own, with a certificate made in that folder."""
    kept = ImapServer()
    kept.certificate, key = self_signed(folder)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(kept.certificate, key)

    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            self.request = tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            while line := self.rfile.readline():
                tag, _, command = line.decode().strip().partition(" ")
                kept.commands.append(command)
                said, ended = kept.answer(command)
                self.wfile.write(b"".join(one + b"\r\n" for one in said) + f"{tag} {ended}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Says nothing: some come who do not trust the certificate."""

    with Server(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield kept
        server.shutdown()
