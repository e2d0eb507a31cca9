"""Posts a body to an address: within a time, following no redirect, to no place that may not be reached."""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
from anyio.from_thread import start_blocking_portal

from arrears.delivery.targets import Address, Targets

AGENT = "arrears"
READ_AT_MOST = 16_384


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; of the body only the beginning."""

    status: int
    body: bytes
    retry_after_seconds: int | None = None

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


class NoAnswer(Exception):
    """Nothing was said. `why`: in a word that names nobody. `was_reached`: it may have been taken."""

    def __init__(self, why: str, *, was_reached: bool = False) -> None:
        self.why, self.was_reached = why, was_reached
        super().__init__(why)


@cache
def _trust() -> ssl.SSLContext:
    """The authorities that certificates are held against: reading them takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)


class Poster:
    """Posts while it is entered. `targets`: what may be reached; None: anything, the operator named it.

    The address that was looked at is the one that is connected to: a name that changes what it stands for in
    between gains nothing. Proxies of the environment are not used, as they would look names up themselves.
    """

    def __init__(self, timeout_seconds: float, targets: Targets | None) -> None:
        self.timeout_seconds, self.targets = timeout_seconds, targets

    def __enter__(self) -> Self:
        # A thread of its own: whoever posts may itself be called from an event loop.
        self._loop = start_blocking_portal()
        self._portal = self._loop.__enter__()
        self._client = httpx.AsyncClient(
            verify=_trust(), timeout=None, follow_redirects=False, trust_env=False,
            headers={"User-Agent": AGENT},
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._portal.call(self._client.aclose)
        finally:
            self._loop.__exit__(kind, fault, trace)

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """The answer, whatever its status; raises NoAnswer where there is none within the time."""
        return self._portal.call(self._post, url, {"Content-Type": "application/json"} | headers, body)

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                for address in (places := await self._places(url)):
                    try:
                        return await self._post_to(address, url, headers, body)
                    except httpx.ConnectError:
                        if address == places[-1]:
                            raise
        except TimeoutError:
            raise NoAnswer("timed out", was_reached=True) from None
        except httpx.ConnectError as fault:
            raise NoAnswer("no TLS" if "ssl" in str(fault).lower() else "not connected") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise NoAnswer("connection lost", was_reached=True) from None
        raise NoAnswer("no such host")

    async def _places(self, url: str) -> list[Address]:
        """The addresses of the host that may be reached; raises NoAnswer where there are none."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                parts.hostname, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError):
            raise NoAnswer("no such host") from None
        addresses = list(dict.fromkeys(ip_address(str(one[4][0]).split("%")[0]) for one in found))
        targets = self.targets
        allowed = [one for one in addresses if targets is None or targets.may_reach(one, parts.scheme)]
        if not allowed:
            raise NoAnswer("address not allowed")
        return allowed

    async def _post_to(self, address: Address, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Posts to that address of the host, under the host's own name."""
        named = httpx.URL(url)
        request = self._client.build_request(
            "POST", named.copy_with(host=str(address)), content=body,
            headers={"Host": named.netloc.decode()} | headers, extensions={"sni_hostname": named.host},
        )  # fmt: skip
        response = await self._client.send(request, stream=True)
        try:
            start = b""
            async for piece in response.aiter_raw():
                start += piece
                if len(start) >= READ_AT_MOST:
                    break
        finally:
            await response.aclose()
        later = response.headers.get("retry-after", "")
        seconds = int(later) if later.isascii() and later.isdecimal() and len(later) < 9 else None
        return Answer(response.status_code, start[:READ_AT_MOST], seconds)
