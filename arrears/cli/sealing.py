"""`seal`, `verify` and `prove`: whether the log is as it was, shown to those who keep it and to others."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from arrears.cli.clocks import say
from arrears.cli.output import console, print_json, print_rows
from arrears.cli.session import Session, session_of
from arrears.telling.verifying import verified, verified_answer
from engine.sealing import kept
from engine.sealing.checkpoints import Checkpoint, parse
from engine.sealing.faults import (
    Finding,
    NoCheckpoint,
    NoKey,
)
from engine.sealing.keys import new_key, read_key, read_public_key
from engine.sealing.proofs import prove as prove_facts
from engine.sealing.seal import seal as seal_log
from engine.sealing.verify import Held, Verdict

DIFFERENT = 1
SHOWN = 100
KEY = "ARREARS_SEAL_KEY"

SealKey = Annotated[
    Path | None, typer.Option("--key", envvar=KEY, help="the file of the key to sign with", metavar="FILE")
]


def register(app: typer.Typer) -> None:
    app.command("seal")(seal)
    app.command("verify")(verify)
    app.command("prove")(prove)


# --- sealing ----------------------------------------------------------------------------------------------


def seal(
    context: typer.Context,
    key: SealKey = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="write the last checkpoint to this file, to be held by somebody else", metavar="FILE"
        ),
    ] = None,
    chain: Annotated[bool, typer.Option("--chain", help="write all checkpoints to it, as a list")] = False,
    change_key: Annotated[
        bool, typer.Option("--change-key", help="sign with another key than the last checkpoint's")
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="read the whole log, and make the kept hashes of its facts anew")
    ] = False,
    make_key: Annotated[
        Path | None,
        typer.Option(
            "--new-key", help="only make a key in this file, and its public key in FILE.pub", metavar="FILE"
        ),
    ] = None,
) -> None:
    """Seal what the log has more than the last checkpoint: sign a checkpoint over all facts.

    Example: arrears seal --key seal.key --out checkpoint.json
    """
    session = session_of(context)
    if make_key is not None:
        _make_key(session, make_key)
        return
    if chain and out is None:
        raise typer.BadParameter("--chain says what is written with --out FILE")
    if key is None:
        raise typer.BadParameter(
            f"a key is needed: --key FILE or {KEY}; 'arrears seal --new-key FILE' makes one"
        )
    signing = signing_key(key)
    with session.book() as book, _wrong_input():
        checkpoint, new = seal_log(book.store, signing, book.clock(), change_key=change_key, anew=anew)
        if out is not None:
            _write(out, [one.document for one in kept.chain(book.database)] if chain else checkpoint.document)
    if session.format == "json":
        print_json({"checkpoint": checkpoint.document, "new": new})
    else:
        say(session, _told(checkpoint, new))


def _make_key(session: Session, file: Path) -> None:
    public = file.with_name(f"{file.name}.pub")
    for path in (file, public):
        if path.exists():
            raise typer.BadParameter(f"{path} exists; a key is never overwritten")
    with _wrong_input():
        digits = new_key(file)
        public.write_text(digits + "\n")
    if session.format == "json":
        print_json({"key": str(file), "public_key": digits})
    else:
        say(session, f"Public key: {digits}", f"The key is in {file}: keep it apart from the book.")


@contextmanager
def _wrong_input() -> Iterator[None]:
    """What is wrong with a file, or with a checkpoint of the book, is said as a fault of what was given."""
    try:
        yield
    except (NoKey, NoCheckpoint) as wrong:
        raise typer.BadParameter(str(wrong)) from None
    except OSError as wrong:
        raise typer.BadParameter(f"{wrong.filename}: {wrong.strerror}") from None


def _told(checkpoint: Checkpoint, new: int) -> str:
    if not new:
        return f"Nothing new since checkpoint {checkpoint.number} ({checkpoint.size} facts)."
    return (
        f"Checkpoint {checkpoint.number}: {checkpoint.size} facts, {new} of them new, root {checkpoint.root}."
    )


def signing_key(file: Path) -> Ed25519PrivateKey:
    """The key in the file; raises BadParameter."""
    with _wrong_input():
        return read_key(file)


def _write(file: Path, document: Any) -> None:
    file.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


# --- verifying --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Given:
    """What somebody outside contributes to a verification."""

    outside: bool
    key: bool


def verify(
    context: typer.Context,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="a checkpoint that somebody outside has held (may be repeated)", metavar="FILE"),
    ] = None,
    public_key: Annotated[
        list[Path] | None,
        typer.Option(help="the key that must have signed (may be repeated, after a change)", metavar="FILE"),
    ] = None,
) -> None:
    """Check the whole log against all checkpoints, and the tables against the log.

    Example: arrears verify --checkpoint checkpoint.json --public-key seal.key.pub
    """
    session = session_of(context)
    with _wrong_input():
        outside = [
            Held(one, str(file)) for file in checkpoint or () for one in parse(file.read_bytes(), str(file))
        ]
        keys = [read_public_key(file) for file in public_key or ()]
    # A log that was changed may be unreadable: nothing of it is decoded before it is verified.
    with session.book(found=False) as book:
        verdict = verified(book, outside, keys)
    findings = verdict.findings
    given = _Given(bool(outside), bool(keys))
    _report(session, verdict, findings, given)
    if findings:
        raise typer.Exit(DIFFERENT)


def _report(session: Session, verdict: Verdict, findings: Sequence[Finding], given: _Given) -> None:
    told = verified_answer(verdict, given.key)["differences"]
    if session.format == "json":
        print_json(verified_answer(verdict, given.key))
    elif session.format == "csv":
        print_rows(session, told, ("kind", "sentence"))
    else:
        more = [f"… and {len(findings) - SHOWN} more."] if len(findings) > SHOWN else []
        say(session, *map(str, findings[:SHOWN]), *more, *_shown(verdict, given))
        say(session, f"{len(findings)} differences" if findings else "No difference was found.")


def _shown(verdict: Verdict, given: _Given) -> Iterator[str]:
    """What the verification shows, and no more than that."""
    facts, sealed, outside = verdict.facts, verdict.sealed, verdict.held_outside
    yield f"{verdict.checkpoints} checkpoints in the book; the log has {facts} facts."
    yield f"{_facts_are(0, sealed)} as sealed."
    if sealed < facts:
        yield f"{_facts_are(sealed, facts)} not shown to be as recorded."
    if given.outside:
        yield f"{_facts_are(0, outside)} those of a checkpoint held outside."
    if outside < sealed:
        yield f"{_facts_are(outside, sealed)} vouched for by checkpoints of this book alone."
    if not given.outside:
        yield "No checkpoint from outside (--checkpoint): it is not shown that nobody made the book anew."
    if not given.key:
        yield "No public key (--public-key): each checkpoint was believed the key that it names."


def _facts_are(after: int, last: int) -> str:
    """The facts behind one number and up to another, as the beginning of a sentence."""
    if last <= after:
        return "No facts are"
    return f"Facts {after + 1} to {last} are" if last > after + 1 else f"Fact {last} is"


# --- proving ----------------------------------------------------------------------------------------------


def prove(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="where to write the proof", metavar="FILE")],
    account: Annotated[str | None, typer.Argument(help="prove that its facts are in the sealed log")] = None,
    since: Annotated[
        int | None,
        typer.Option(help="prove that the log of this checkpoint is its beginning", metavar="CHECKPOINT"),
    ] = None,
) -> None:
    """Write a proof, against the last checkpoint, that somebody else can check without the book.

    Example: arrears prove ACME --since 1 --out proof.json
    """
    session = session_of(context)
    if account is None and since is None:
        raise typer.BadParameter("there is nothing to prove: name an account, or a checkpoint with --since")
    with session.book() as book:
        stream = None if account is None else book.account_id(account)
        with _wrong_input():
            proof, uncovered = prove_facts(book.store, stream, since)
            _write(out, proof)
    proved = len(proof.get("facts", ()))
    if session.format == "json":
        print_json({
            "file": str(out), "checkpoint": proof["checkpoint"]["number"], "facts": proved,
            "not_sealed_yet": uncovered, "since": since,
        })  # fmt: skip
        return
    if account is not None:
        console().print(f"{proved} facts proved, {uncovered} later ones not sealed yet.")
    console().print(f"The proof against checkpoint {proof['checkpoint']['number']} is in {out}.")
