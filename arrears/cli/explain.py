"""`arrears explain`: why one fact stands in the book: who recorded it, or on what the engine decided it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Annotated, Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, Question, noted, question, say
from arrears.cli.output import print_json, print_rows
from arrears.cli.rows import exact, step_title, version_of
from arrears.cli.sentences import clock, sentence
from arrears.cli.session import Session
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Because, Fact, Stored
from engine.domain.facts.contacts import Line
from policies.book import PolicyBook, Version
from policies.judgements import STEP as JUDGEMENT
from projections.rows import happened_on, is_backfilled

DIGITS_OF_SHA256 = 12
LINE_COLUMNS = ("item", "step", "title", "currency", "open", "due_on", "days_past_due", "cycle")


class FactNotYet(RuleBroken):
    sentence = "fact {version} of account '{account}' is of {on} and has been known since {known_on}"


class FactUnknown(RuleBroken):
    sentence = "account '{account}' has no fact {version}; its facts are numbered from 1 to {last}"


def register(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="the account's own number")],
    version: Annotated[
        int, typer.Argument(metavar="FACT-VERSION", help="the fact's place in the account's timeline")
    ],
    as_of: AsOf = None,
    as_known: AsKnown = None,
) -> None:
    """Explain a fact: the policy version and step it followed, and the figures it was decided on.

    Example: arrears explain C-1042 12
    """
    with question(context, as_of, as_known) as asked:
        facts = asked.book.store.stream(asked.account_id(number))
        fact = _found(asked, number, facts, version, as_of)
        answer = Explanation(number, version, fact, asked.policies, asked.session.zone)
        note = asked.note([is_backfilled(answer.fact)])
    session = asked.session
    if session.format == "json":
        print_json(noted({**asked.clocks, **answer.as_json()}, note))
        return
    asked.introduce()
    if session.format == "csv":
        print_rows(session, [{"sentence": said} for said in answer.sentences()], ("sentence",))
    else:
        _show(session, answer)
    say(session, note)


def _found(asked: Question, number: str, facts: Sequence[Stored], version: int, as_of: date | None) -> Fact:
    """The fact; raises FactUnknown, and FactNotYet where it had not happened or was not known by then."""
    found = next((stored.fact for stored in facts if stored.version == version), None)
    if found is None:
        raise FactUnknown(account=number, version=version, last=len(facts))
    on = happened_on(found, asked.session.zone)
    if not asked.is_known(found) or (as_of is not None and on > as_of):
        known_on = clock(found.known_at, asked.session.zone)
        raise FactNotYet(account=number, version=version, on=on, known_on=known_on)
    return found


def _show(session: Session, answer: "Explanation") -> None:
    say(session, *answer.sentences())
    if lines := answer.lines():
        print_rows(session, lines, LINE_COLUMNS, title="\nEach invoice at its own step")
    if because := answer.because:
        rows = [{"figure": name, "was": value} for name, value in because.figures.items()]
        print_rows(session, rows, ("figure", "was"), title="\nThe figures it was decided on")


@dataclass(frozen=True)
class Explanation:
    """One fact of an account, and the policies under which it may have been decided."""

    number: str
    version: int
    fact: Fact
    policies: PolicyBook
    zone: tzinfo

    @property
    def because(self) -> Because | None:
        """The reasons, where the engine decided it."""
        return self.fact.because

    @property
    def followed(self) -> Version | None:
        """The version of the policy that it followed; None for an outside fact, or where it is not here."""
        because = self.because
        return version_of(self.policies, because.policy, because.policy_version) if because else None

    def title(self, step: str) -> str:
        """What the policy of that version calls the step."""
        if step == JUDGEMENT:
            return "promises are judged by the terms they were made on"
        return step_title([self.followed] if self.followed else [], step)

    def lines(self) -> list[dict[str, Any]]:
        """Each invoice that the fact is about, at its own step, as it stood then."""
        lines: tuple[Line, ...] = getattr(self.fact, "lines", ())
        return [
            {
                "item": line.item, "step": line.step, "title": self.title(line.step),
                "currency": line.currency, "open": exact(line.open, line.currency), "due_on": line.due_on,
                "days_past_due": line.days_past_due, "cycle": line.cycle,
            }
            for line in lines
        ]  # fmt: skip

    def sentences(self) -> Iterator[str]:
        """The explanation, sentence by sentence; figures and lines stand beside it."""
        fact = self.fact
        yield f"Fact {self.version} of account {self.number}: {sentence(fact, self.zone)}"
        if fact.because is None:
            yield "It came from outside; no policy decided it."
        else:
            yield from self._decided(fact.because)
        yield f"It was recorded on {clock(fact.recorded_at, self.zone)}, by {fact.by or 'nobody named'}."
        if fact.known_at == fact.recorded_at:
            yield "It was known from that moment on."
        else:
            yield f"It counts as known since {clock(fact.known_at, self.zone)}."
        if fact.basis:
            yield f"Its basis is '{fact.basis}'."

    def _decided(self, because: Because) -> Iterator[str]:
        followed = self.followed
        digest = f"SHA-256 {followed.sha256[:DIGITS_OF_SHA256]}…" if followed else "not in this book"
        policy = f"policy {because.policy}, version {because.policy_version} ({digest})"
        yield f"The engine decided it under {policy}, at step {because.step}: {self.title(because.step)}."
        due_at, acted_at = clock(because.due_at, self.zone), clock(because.acted_at, self.zone)
        delay = in_words(because.acted_at - because.due_at)
        yield f"It was due on {due_at} and decided on {acted_at}, {f'{delay} late' if delay else 'on time'}."
        yield f"It belonged to the wake-up {because.wake_up}."

    def as_json(self) -> dict[str, Any]:
        """The explanation for programs."""
        fact = self.fact
        return {
            "account": self.number, "version": self.version, "topic": fact.TOPIC,
            "happened_on": happened_on(fact, self.zone), "by": fact.by, "recorded_at": fact.recorded_at,
            "known_at": fact.known_at, "basis": fact.basis,
            "decision": fact.because and self._decision(fact.because),
            "lines": self.lines(), "sentences": list(self.sentences()),
            "fact": fact.model_dump(mode="json", exclude=set(Fact.model_fields)),
        }  # fmt: skip

    def _decision(self, because: Because) -> dict[str, Any]:
        followed = self.followed
        return {
            "id": because.id, "policy": because.policy, "policy_version": because.policy_version,
            "sha256": followed and followed.sha256, "step": because.step, "title": self.title(because.step),
            "due_at": because.due_at, "acted_at": because.acted_at,
            "late_seconds": int((because.acted_at - because.due_at).total_seconds()),
            "wake_up": because.wake_up, "figures": because.figures,
        }  # fmt: skip


def in_words(delay: timedelta) -> str:
    """A delay in days, hours and minutes; nothing where it is less than a minute."""
    minutes = delay.seconds // 60
    parts = ((delay.days, "day"), (minutes // 60, "hour"), (minutes % 60, "minute"))
    return " ".join(f"{count} {name}{'s' if count != 1 else ''}" for count, name in parts if count > 0)
