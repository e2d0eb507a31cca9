"""The zip: the PDF, the facts as they are stored, what proves them, and how to check it."""

import zipfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from io import BytesIO
from typing import Any

import orjson

from arrears.dossier.content import Dossier
from arrears.imports.log import export_line
from arrears.wiring import Book
from engine.application import POLICIES
from engine.domain.facts.base import Stored
from engine.sealing.checkpoints import Checkpoint
from engine.sealing.faults import NothingSealed
from engine.sealing.log import Row, ranked_rows
from engine.sealing.proofs import FORMAT, prove_streams

FIXED = (1980, 1, 1, 0, 0, 0)
"""The time of each file in the zip, the earliest there can be: equal input gives equal bytes."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The facts as stored, those that a checkpoint covers with their proofs, and those that none covers."""

    proved: bytes
    unsealed: bytes
    proofs: list[dict[str, Any]]
    readable: bytes
    checkpoint: Checkpoint | None
    not_sealed: int

    @property
    def digest(self) -> str:
        """The SHA-256 of the proved facts, in hex: what ties the pages to the file."""
        return sha256(self.proved).hexdigest()


def evidence(book: Book, dossier: Dossier) -> Evidence:
    """The stored bytes of the dossier's facts, proved against the last checkpoint; raises LogChanged."""
    wanted = [*dossier.policy_facts, *dossier.facts]
    checkpoint: Checkpoint | None = None
    proofs: dict[tuple[str, int], dict[str, Any]] = {}
    with suppress(NothingSealed):
        checkpoint, proofs = prove_streams(book.store, (POLICIES, dossier.stream))
    rows = _stored_rows(book, dossier.stream)
    keys = [(one.stream, one.version) for one in wanted]
    covered = [key for key in keys if key in proofs]
    return Evidence(
        proved=_lines(rows[key] for key in covered),
        unsealed=_lines(rows[key] for key in keys if key not in proofs),
        proofs=[
            {name: proofs[key][name] for name in ("stream", "version", "index", "path")} for key in covered
        ],
        readable=b"".join(map(_readable, wanted)),
        checkpoint=checkpoint,
        not_sealed=len(keys) - len(covered),
    )


def _stored_rows(book: Book, stream: str) -> dict[tuple[str, int], Row]:
    rows = [row for name in (POLICIES, stream) for _, row in ranked_rows(book.store, name)]
    return {(row.stream, row.version): row for row in rows}


def _lines(rows: Iterable[Row]) -> bytes:
    return b"".join(export_line(row.stream, row.version, row.topic, row.state) for row in rows)


def _readable(one: Stored) -> bytes:
    """A fact decoded and brought up to the present form; what was erased says so."""
    state = one.fact.model_dump(mode="json", exclude_none=True)
    line = {"stream": one.stream, "version": one.version, "topic": one.fact.TOPIC, "state": state}
    return orjson.dumps(line) + b"\n"


def zipped(dossier: Dossier, found: Evidence, pdf: bytes) -> bytes:
    """The bundle; the same bytes for the same input."""
    files = {
        "README.txt": _readme(dossier, found).encode(),
        "dossier.pdf": pdf,
        "facts-readable.ndjson": found.readable,
        "verify_bundle.py": (resources.files("arrears") / "verify_bundle.py").read_bytes(),
    }
    if found.unsealed:
        files["facts-not-sealed.ndjson"] = found.unsealed
    if found.checkpoint:
        proof = {"format": FORMAT, "checkpoint": found.checkpoint.document, "facts": found.proofs}
        files["facts.ndjson"] = found.proved
        files["proof.json"] = orjson.dumps(proof, option=orjson.OPT_INDENT_2) + b"\n"
        files["checkpoint.json"] = orjson.dumps(found.checkpoint.document, option=orjson.OPT_INDENT_2) + b"\n"
        files["public-key.txt"] = f"{found.checkpoint.public_key}\n".encode()
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, FIXED)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def _readme(dossier: Dossier, found: Evidence) -> str:
    moment = dossier.asked.as_known
    scope = f"invoice {dossier.asked.invoice} of account" if dossier.asked.invoice else "account"
    known = f"as known at {moment.isoformat()}" if moment else "with all that is recorded"
    parts = [
        f"Dispute dossier of {scope} {dossier.asked.number}, {known}\n",
        _FILES,
        _NOT_SEALED.format(count=found.not_sealed) if found.not_sealed else "",
        _LATER if moment else "",
        _ONE_INVOICE if dossier.asked.invoice else "",
        _CHECKING if found.checkpoint else _NO_CHECKPOINT,
    ]
    return "\n".join(part for part in parts if part)


_FILES = """\
dossier.pdf            for people: statement, timeline, contacts with their texts, promises, disputes
facts.ndjson           the facts, one a line, each with the very bytes that are stored in the book
proof.json             for each line of facts.ndjson, where in the log it stands and what leads to the root
checkpoint.json        the signed checkpoint: the root over the whole log, and when it was made
public-key.txt         the key that the checkpoint is signed with
verify_bundle.py       checks all this; fewer than 150 lines of Python, to be read before it is run
facts-readable.ndjson  the same facts decoded, for reading only: the proofs do NOT cover this file. Where
                       personal data is stored encrypted, facts.ndjson can be proved but not read, and this
                       file can be read but not proved
"""
_NOT_SEALED = """\
MISSING: {count} of the facts were recorded after the last checkpoint, or there is none. They stand in
facts-not-sealed.ndjson, and nothing here proves them. 'arrears seal' makes a checkpoint that covers them.
"""
_LATER = """\
Facts of the account that became known after that moment are left out; the policies that decided are inside
whenever they were published. The proofs hold for what is inside. What is shown "as known now" in dossier.pdf
rests on the facts that are left out.
"""
_ONE_INVOICE = """\
Only the facts about this invoice are inside, and those without which they cannot be understood. A fact that
also touches other invoices of the account is given whole, since its bytes are what is proved.
"""
_CHECKING = """\
HOW TO CHECK, without any of our software
1. Install Python 3.10 or later from python.org, and the package that checks signatures:
       python -m pip install cryptography
2. Unpack this zip, open a terminal in the folder, and run
       python -I verify_bundle.py
   Each line begins with "holds" or "FAILS". At the end it says "all that was given holds", or how many
   claims fail. Change any letter in facts.ndjson and run it again: it will say which fact is not as it was.

WHAT THIS SHOWS
- Each fact in facts.ndjson stands in the log that the checkpoint is of, at the place that is named, unchanged
  since the checkpoint was made. When that was, is what the checkpoint says.
- The checkpoint was signed with the key in public-key.txt. Whose key that is, the bundle cannot tell: compare
  it with one that you were given on another way. If you hold an earlier checkpoint of this book, ask for a
  proof that this one extends it ('arrears prove --since').

WHAT IT DOES NOT SHOW
- that what was recorded was true; that nothing was left out; that dossier.pdf says what the facts say: its
  footer names the SHA-256 of the facts.ndjson that it was made from, so that the two can be matched.
- The texts of contacts in dossier.pdf were rendered when it was made, from the figures that are pinned in the
  facts and from templates whose SHA-256 stands beside each text.
"""
_NO_CHECKPOINT = """\
NOTHING CAN BE CHECKED: no checkpoint was ever made of this book. With a key, 'arrears seal' makes one; then
make this dossier again.
"""
