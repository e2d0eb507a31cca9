"""The tree is that of RFC 6962: the vectors of the Certificate Transparency log, and proofs checked by the
script that third parties are given, which computes them in another way."""

from hashlib import sha256

import pytest

from arrears.verify_bundle import leaf_hash, root_of, roots_of
from engine.sealing.log import Row
from engine.sealing.merkle import PAGE, Frontier, Tree, hash_leaf, merkle_root
from engine.sealing.seal import Growth

CT_LEAVES = "|00|10|2021|3031|40414243|5051525354555657|606162636465666768696a6b6c6d6e6f".split("|")
CT_ROOTS = """
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
A0 = CT_ROOTS[1]
A1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
A4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
A6 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
A23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
A45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
A67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
A47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

SIZES = [1, 2, 3, 5, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1, 3 * PAGE + 7]


def tree_of(leaves: list[bytes]) -> Tree:
    pages = [leaves[start : start + PAGE] for start in range(0, len(leaves), PAGE)]
    return Tree([merkle_root(page) for page in pages if len(page) == PAGE], pages.__getitem__)


def ct_tree() -> tuple[list[bytes], Tree]:
    leaves = [hash_leaf(bytes.fromhex(leaf)) for leaf in CT_LEAVES]
    return leaves, tree_of(leaves)


@pytest.fixture(scope="module")
def leaves() -> list[bytes]:
    return [hash_leaf(str(number).encode()) for number in range(max(SIZES))]


@pytest.mark.parametrize("size", range(len(CT_ROOTS)))
def test_the_root_is_that_of_the_vectors_in_each_of_its_four_ways(size: int) -> None:
    leaves, tree = ct_tree()
    frontier, growth = Frontier(), Growth([], [])
    for leaf in leaves[:size]:
        frontier.add(leaf)
        growth.add(leaf)
    roots = {frontier.root.hex(), growth.root.hex(), merkle_root(leaves[:size]).hex()}
    assert roots | {tree.root(0, size).hex() if size else CT_ROOTS[0]} == {CT_ROOTS[size]}


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, []),
        (0, 8, [A1, A23, A47]),
        (5, 8, [A4, A67, CT_ROOTS[4]]),
        (2, 3, [CT_ROOTS[2]]),
        (1, 5, [A0, A23, A4]),
    ],
)
def test_an_inclusion_proof_is_that_of_the_vectors(index: int, size: int, path: list[str]) -> None:
    leaves, tree = ct_tree()
    found = tree.inclusion(index, size)
    assert [one.hex() for one in found] == path
    assert root_of(leaves[index], index, size, found).hex() == CT_ROOTS[size]


@pytest.mark.parametrize(
    ("earlier", "size", "path"),
    [
        (1, 1, []),
        (1, 8, [A1, A23, A47]),
        (2, 5, [A23, A4]),
        (6, 8, [A45, A67, CT_ROOTS[4]]),
        (6, 7, [A45, A6, CT_ROOTS[4]]),
    ],
)
def test_a_consistency_proof_is_that_of_the_vectors(earlier: int, size: int, path: list[str]) -> None:
    _, tree = ct_tree()
    found = tree.consistency(earlier, size)
    assert [one.hex() for one in found] == path
    roots = roots_of(earlier, size, bytes.fromhex(CT_ROOTS[earlier]), found)
    assert [root.hex() for root in roots] == [CT_ROOTS[earlier], CT_ROOTS[size]]


@pytest.mark.parametrize("size", SIZES)
def test_proofs_hold_below_at_and_above_the_size_of_a_page(size: int, leaves: list[bytes]) -> None:
    tree, root = tree_of(leaves), merkle_root(leaves[:size])
    assert tree.root(0, size) == root
    for index in {0, size // 2, size - 1}:
        assert root_of(leaves[index], index, size, tree.inclusion(index, size)) == root
    for earlier in (earlier for earlier in SIZES if earlier <= size):
        old = merkle_root(leaves[:earlier])
        assert roots_of(earlier, size, old, tree.consistency(earlier, size)) == (old, root)


@pytest.mark.parametrize("size", range(1, 34))
def test_every_proof_of_a_small_tree_holds_and_for_no_other_place(size: int, leaves: list[bytes]) -> None:
    tree, root = tree_of(leaves), merkle_root(leaves[:size])
    for index in range(size):
        path = tree.inclusion(index, size)
        assert root_of(leaves[index], index, size, path) == root
        for wrong in (index + 1, size - 1 - index, index - 1):
            assert wrong == index or not _proved(leaves[index], wrong, size, path, root)
        assert not _proved(leaves[index], index, size, path[:-1], root) or not path
        assert not _proved(leaves[index], index, size, [*path, root], root)
    for earlier in range(1, size + 1):
        old = merkle_root(leaves[:earlier])
        assert roots_of(earlier, size, old, tree.consistency(earlier, size)) == (old, root)


def _proved(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    try:
        return root_of(leaf, index, size, path) == root
    except ValueError:
        return False


def test_a_hash_of_another_length_is_no_hash(leaves: list[bytes]) -> None:
    """Else the two halves of a root, joined, would pass for a sibling beside nothing."""
    with pytest.raises(ValueError, match="64 digits"):
        root_of(b"", 0, 2, [leaves[0] + leaves[1]])


@pytest.mark.parametrize("sizes", [(1, 2, 3), (PAGE, PAGE + 1), (PAGE - 1, 3 * PAGE), (5, PAGE, 2 * PAGE)])
def test_a_tree_that_grew_in_parts_is_the_tree_made_at_once(
    sizes: tuple[int, ...], leaves: list[bytes]
) -> None:
    roots: list[bytes] = []
    leaves_open: list[bytes] = []
    for start, end in zip((0, *sizes), sizes, strict=False):
        growth = Growth(roots, leaves_open)
        for leaf in leaves[start:end]:
            growth.add(leaf)
        assert (growth.size, growth.root) == (end, merkle_root(leaves[:end]))
        kept = {page.page: page for page in growth.grown}
        roots = [*roots[: min(kept)], *(page.root for page in kept.values() if len(page.leaves) == PAGE)]
        leaves_open = next((page.leaves for page in kept.values() if len(page.leaves) < PAGE), [])


def test_a_leaf_is_each_part_behind_its_length() -> None:
    row = Row(7, "account-1", 12, "NoteAdded", b'{"note":"\xc3\xa9"}')
    data = (
        b"\0\0\0\0\0\0\0\x09account-1" b"\0\0\0\0\0\0\0\x0212" b"\0\0\0\0\0\0\0\x09NoteAdded"
        b'\0\0\0\0\0\0\0\x0d{"note":"\xc3\xa9"}'
    )  # fmt: skip
    assert row.leaf == sha256(b"\0" + data).digest()
    assert row.leaf == leaf_hash({"stream": "account-1", "version": 12, "topic": "NoteAdded"}, row.state)
    assert row.leaf == row._replace(position=8).leaf


@pytest.mark.parametrize(
    "other",
    [
        Row(7, "account-1", 1, "NoteAdded", "{}"),  # type: ignore[arg-type]
        Row(7, b"account-1", 1, "NoteAdded", b"{}"),  # type: ignore[arg-type]
        Row(7, "account-1", 1, None, b"{}"),  # type: ignore[arg-type]
        Row(7, "account-11", 1, "NoteAdded", b"{}"),
        Row(7, "account-1", 1, "NoteAdde", b"d{}"),
    ],
)
def test_the_same_letters_as_another_type_or_in_other_parts_are_another_leaf(other: Row) -> None:
    assert other.leaf != Row(7, "account-1", 1, "NoteAdded", b"{}").leaf
