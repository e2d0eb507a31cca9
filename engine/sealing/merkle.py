"""The Merkle tree of RFC 6962 (and 9162): SHA-256, leaves under the prefix 0x00, nodes under 0x01."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256

PAGE = 1024
"""Leaves to a page of the tree, a power of two: a full page is a perfect subtree."""

NODES_AT_HAND = 100_000


def hash_leaf(data: bytes) -> bytes:
    """The hash of a leaf that holds these bytes."""
    return sha256(b"\x00" + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two hashes."""
    return sha256(b"\x01" + left + right).digest()


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    """The hash of the tree over these hashes; each may itself be the root of a perfect subtree."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)  # an odd one out goes up as it is
        hashes = [*(hash_node(left, right) for left, right in pairs), *hashes[len(hashes) // 2 * 2 :]]
    return hashes[0] if hashes else sha256(b"").digest()


class Frontier:
    """The root of a tree as it grows, kept as the roots of its perfect subtrees."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Appends the hash of a leaf."""
        self.size += 1
        complete = self.size
        while complete % 2 == 0:
            leaf = hash_node(self._peaks.pop(), leaf)
            complete //= 2
        self._peaks.append(leaf)

    @property
    def root(self) -> bytes:
        """The root over all leaves so far."""
        root = self._peaks[-1] if self._peaks else sha256(b"").digest()
        for peak in reversed(self._peaks[:-1]):
            root = hash_node(peak, root)
        return root


class Tree:
    """A tree of which the root of each full page is at hand, and the leaves of a page are read when needed.

    Ranges of leaves are [start, end), as RFC 6962 divides them: at the largest power of two below their size.
    """

    def __init__(self, page_roots: Sequence[bytes], read_page: Callable[[int], Sequence[bytes]]) -> None:
        self._page_roots = page_roots
        self._read_page = read_page
        # The proofs of one account have most of their hashes in common.
        self._at_hand = lru_cache(maxsize=NODES_AT_HAND)(self._root)

    def leaf(self, index: int) -> bytes:
        """The hash of one leaf."""
        return self._read_page(index // PAGE)[index % PAGE]

    def root(self, start: int, end: int) -> bytes:
        """The hash over a range."""
        return self._at_hand(start, end)

    def _root(self, start: int, end: int) -> bytes:
        size = end - start
        if size < 2:
            return self.leaf(start)
        if size == PAGE:
            return self._page_roots[start // PAGE]
        middle = start + split(size)
        return hash_node(self.root(start, middle), self.root(middle, end))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The hashes beside the way from a leaf to the root of that size, lowest first."""
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + split(end - start)
            if index < middle:
                path.append(self.root(middle, end))
                end = middle
            else:
                path.append(self.root(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, earlier: int, size: int) -> list[bytes]:
        """The hashes that show the tree of an earlier size, at least 1, to be the beginning of this one."""
        path: list[bytes] = []
        start, end = 0, size
        while earlier < end:
            middle = start + split(end - start)
            if earlier <= middle:
                path.append(self.root(middle, end))
                end = middle
            else:
                path.append(self.root(start, middle))
                start = middle
        if start > 0:
            path.append(self.root(start, end))
        return path[::-1]


def split(size: int) -> int:
    """The largest power of two below the size of a range of two or more."""
    return 1 << (size - 1).bit_length() - 1
