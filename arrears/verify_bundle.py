"""Checks without arrears what a book was sealed with: needs Python 3.10 or later and `cryptography`.
Options may be left out, --checkpoint repeated; without any it checks the dossier where it is started.
Exit codes: 0 all that was given holds, 1 something does not, 2 a file is not what it should be.
    python verify_bundle.py --public-key KEY --checkpoint FILE --proof FILE --facts FILE --log FILE
"""

import argparse
import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DOSSIER = "--public-key public-key.txt --checkpoint checkpoint.json --proof proof.json --facts facts.ndjson"
Document = dict[str, Any]
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
failed: list[str] = []


def check(holds: bool, claim: str) -> bool:
    print(f"{'holds' if holds else 'FAILS'}: {claim}")
    failed.extend([] if holds else [claim])
    return holds


def leaf_hash(fact: Document, state: bytes) -> bytes:
    parts = fact["stream"].encode(), str(fact["version"]).encode(), fact["topic"].encode(), state
    return sha256(b"\x00" + b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


def node_hash(left: bytes, right: bytes) -> bytes:  # RFC 6962, 9162: leaves under 0x00, nodes under 0x01
    if len(left) != 32 or len(right) != 32:
        raise ValueError("a hash has 64 digits")
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    if size == 1 and not path and not index:
        return leaf
    *below, beside = path
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return node_hash(root_of(leaf, index, half, below), beside)
    return node_hash(beside, root_of(leaf, index - half, size - half, below))


def roots_of(m: int, n: int, root: bytes, path: list[bytes], whole: bool = True) -> tuple[bytes, bytes]:
    if m == n:
        (same,) = [root, *path] if whole else path
        return same, same
    *below, beside = path
    half = 1 << (n - 1).bit_length() - 1
    if m <= half:
        old, new = roots_of(m, half, root, below, whole)
        return old, node_hash(new, beside)
    old, new = roots_of(m - half, n - half, root, below, False)
    return node_hash(beside, old), node_hash(beside, new)


def check_checkpoint(one: Document, before: Document | None, public_key: str) -> None:
    body = canonical({name: value for name, value in one.items() if name != "signature"}).encode()
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key or one["public_key"]))
        key.verify(bytes.fromhex(one["signature"]), body)
        signed = one["format"] == "arrears checkpoint 1"
    except InvalidSignature:
        signed = False
    who = "by the key given" if public_key else f"by the key it names, {one['public_key']}"
    check(signed, f"checkpoint {one['number']} ({one['size']} facts, {one['sealed_at']}) is signed {who}")
    if before and before["number"] == one["number"]:
        check(before == one, f"there is one checkpoint {one['number']}")
    elif before and before["number"] + 1 == one["number"]:
        digest, grows = sha256(canonical(before).encode()).hexdigest(), before["size"] < one["size"]
        claim = f"checkpoint {one['number']} follows from checkpoint {before['number']}"
        check(grows and one["previous"] == digest, claim)


def check_proof(proof: Document, held: list[Document], whole: bool) -> None:
    last, facts, linked = proof["checkpoint"], proof.get("facts", []), proof["checkpoint"] in held
    if "earlier" in proof:
        old, path = proof["earlier"], [bytes.fromhex(one) for one in proof["consistency"]]
        roots = roots_of(old["size"], last["size"], bytes.fromhex(old["root"]), path)
        begins = [root.hex() for root in roots] == [old["root"], last["root"]]
        linked |= check(begins, f"checkpoint {last['number']} extends {old['number']}") and old in held
    for number, one in enumerate(facts, start=1):
        leaf, path = leaf_hash(one, one["state"].encode()), [bytes.fromhex(node) for node in one["path"]]
        there = root_of(leaf, one["index"], last["size"], path).hex() == last["root"]
        there &= not whole or (one["stream"], one["version"]) == (facts[0]["stream"], number)
        what = f"{one['topic']}, {one['stream']} {one['version']}"
        check(there, f"fact {one['index'] + 1} of the log is {what}")
    more = f"note: whether the account has more than these {len(facts)} facts is not shown\n" if facts else ""
    loose = f"note: checkpoint {last['number']} is none of those given; only its signature speaks for it\n"
    print(more + ("" if linked else loose), end="")


def stored(line: bytes) -> tuple[Document, bytes]:
    head, _, state = line.rstrip(b"\n").partition(b',"state":')  # up to the last brace: the stored bytes
    return json.loads(head + b"}"), state[:-1]


def check_log(log: Path, held: list[Document]) -> None:
    peaks, roots, number, alike = list[bytes](), {one["size"]: b"" for one in held}, 0, 0
    for number, line in enumerate((x for x in log.open("rb") if x[:3] not in (b'{"c', b'{"e', b'{"a')), 1):
        node, count = leaf_hash(*stored(line)), number
        while count % 2 == 0:
            node, count = node_hash(peaks.pop(), node), count // 2
        peaks.append(node)
        for peak in peaks[-2::-1] if number in roots else ():
            node = node_hash(peak, node)
        roots |= {number: node} if number in roots else {}
    for one in held:
        sealed = f"facts {alike + 1} to {one['size']} of the log are those up to checkpoint {one['number']}"
        alike = one["size"] if check(roots[one["size"]].hex() == one["root"], sealed) else alike
    print(f"note: of the {number} facts, no checkpoint given shows anything of those after number {alike}")


def main() -> int:
    options = argparse.ArgumentParser(description="Checks without arrears what a book was sealed with.")
    options.add_argument("--checkpoint", type=Path, action="append", default=[])
    for name in ("--public-key", "--proof", "--facts", "--log"):
        options.add_argument(name, type=Path)
    given = options.parse_args(sys.argv[1:] or DOSSIER.split())
    try:
        public_key = given.public_key.read_text().strip() if given.public_key else ""
        files = [json.loads(file.read_bytes()) for file in given.checkpoint]
        found = [one for file in files for one in (file if isinstance(file, list) else [file])]
        held = sorted(found, key=lambda one: (one["number"], one["size"]))
        for before, one in zip([None, *held], held, strict=False):
            check_checkpoint(one, before, public_key)
        if given.proof:
            proof = json.loads(given.proof.read_bytes())
            if given.facts:  # their bytes stand there, line by line, and not in the proof
                both = zip(proof["facts"], map(stored, given.facts.read_bytes().splitlines()), strict=True)
                proof["facts"] = [one | fact | {"state": state.decode()} for one, (fact, state) in both]
            check_checkpoint(proof["checkpoint"], None, public_key)
            check_proof(proof, held, whole=not given.facts)
        if given.log:
            check_log(given.log, held)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as wrong:
        return print(f"not what it should be: {wrong!r}") or 2
    print(f"{len(failed)} claims fail" if failed else "all that was given holds")
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
