"""Where something may be posted to: addresses of the public network, and those that a setting allows.

Whoever may name a target could otherwise have this server ask what only it can reach: the machine itself,
its neighbours, a cloud's metadata.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from engine.domain.errors import RuleBroken

Address = IPv4Address | IPv6Address
_TRANSLATED = IPv6Network("64:ff9b::/96")  # an IPv4 address in its last bits (RFC 6052)


class TargetUnfit(RuleBroken):
    sentence = "'{url}' is nothing to post to: expected {expected}"


class NetworksUnfit(ValueError):
    """A list of networks that is none."""


class Targets:
    """Says what may be reached. `allowed`: networks such as 10.1.0.0/16 that may be reached beside the public
    ones, also without TLS; raises NetworksUnfit."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        try:
            self.allowed = tuple(ip_network(one) for one in allowed)
        except ValueError as wrong:
            raise NetworksUnfit(f"{wrong}: expected networks such as 10.1.0.0/16") from None

    def check_url(self, url: str) -> SplitResult:
        """The parts of the URL; raises TargetUnfit where nothing could ever be posted to it."""
        shown = url.split("?")[0].split("#")[0][:200]
        try:
            parts = urlsplit(url)
            is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            raise TargetUnfit(url=shown, expected="an address such as https://HOST/PATH") from None
        if parts.username is not None or parts.password is not None:
            raise TargetUnfit(url=f"{parts.scheme}://…", expected="no user or password in it")
        if not is_whole or parts.fragment or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
            raise TargetUnfit(url=shown, expected="an address such as https://HOST/PATH")
        if parts.scheme != "https" and not (parts.scheme == "http" and self.allowed):
            raise TargetUnfit(url=shown, expected="https:// (http:// only in networks that a setting allows)")
        literal = _literal(parts.hostname or "")
        if literal is not None and not self.may_reach(literal, parts.scheme):
            raise TargetUnfit(
                url=shown, expected="a public address, or one in a network that a setting allows"
            )
        return parts

    def may_reach(self, address: Address, scheme: str) -> bool:
        """Whether something may be posted to that address."""
        plain = _unwrapped(address)
        if any(plain in network for network in self.allowed if network.version == plain.version):
            return True
        return scheme == "https" and plain.is_global and not plain.is_multicast


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if not isinstance(address, IPv6Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    return inner or address
