"""The answer to "why does this fact stand here?": who recorded it, or on what the engine decided it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta, tzinfo
from typing import Any

from arrears.telling.explain_words import (
    gate_row,
    gate_words,
    limit_row,
    limit_words,
    tables_rows,
    tables_words,
)
from arrears.telling.rows import exact, step_title, version_of
from arrears.telling.sentences import clock, listed, sentence
from engine.domain.facts.base import Because, Fact
from engine.domain.facts.contacts import Line
from engine.domain.permit import Permit, Refusal
from engine.replay.explaining import Again
from policies.book import PolicyBook, Version
from policies.excerpt import Excerpt, section_excerpt, step_excerpt
from policies.judgements import STEP as JUDGEMENT
from policies.standings import ItemState, Standing
from projections.rows import happened_on

DIGITS_OF_SHA256 = 12


@dataclass(frozen=True)
class Explanation:
    """One fact of an account, the policies under which it may have been decided, and what the engine saw."""

    number: str
    version: int
    fact: Fact
    policies: PolicyBook
    zone: tzinfo
    again: Again | None = None

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

    @property
    def excerpts(self) -> list[Excerpt]:
        """The lines of the document that it followed: its step (or section), and the contact rules asked."""
        if self.because is None or self.followed is None:
            return []
        document, ids = self.followed.document, [step.id for step in self.followed.policy.steps]
        if self.because.step not in ids:
            found = [section_excerpt(document, self.because.step)]
        else:
            found = [step_excerpt(document, ids.index(self.because.step))]
            found += [section_excerpt(document, "contact")] if self._leaves() else []
        return [excerpt for excerpt in found if excerpt]

    @property
    def standings(self) -> list[Standing]:
        """How the steps that it is about stood just before it, invoice by invoice."""
        seen = self.again.seen if self.again else None
        lines: tuple[Line, ...] = getattr(self.fact, "lines", ())
        because = self.because
        named = {(item, because.step) for item in getattr(self.fact, "items", ())} if because else set()
        about = {(line.item, line.step) for line in lines} | named
        return [one for one in (seen.standings if seen else ()) if (one.item, one.step.id) in about]

    def item(self, name: str) -> ItemState:
        """The invoice as it stood just before."""
        assert self.again is not None
        assert self.again.seen is not None
        return next(one for one in self.again.seen.items if one.item == name)

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
        yield from self._seen(because)

    def _seen(self, because: Because) -> Iterator[str]:
        """What the engine saw: conditions, limits asked, what stopped it; and where today's rules differ."""
        for standing in self.standings:
            for words in tables_words(standing.checks):
                yield f"{standing.item} at {standing.step.id}: {words}."
            for gate in standing.gates:
                said = gate_words(gate, self.zone, self.item(standing.item))
                yield f"{standing.item} at {standing.step.id}: {said}."
        yield from self._limits()
        if self.again and self.again.made is None:
            yield "The rules of this version of arrears would not decide it again on what was known then."
        for name, (was, now) in (self.again.differing(because) if self.again else {}).items():
            again = f"comes out as {now or 'not given'} today"
            yield f"The figure '{name}' was {was or 'not given'} then, and {again}."

    def _limits(self) -> Iterator[str]:
        for channel, leave in self._leaves().items():
            if isinstance(leave, Refusal):
                yield f"Contact limits were asked for a contact by {channel}: {limit_words(leave)}."
                continue
            until = clock(leave.valid_until, self.zone)
            counted = f", counting {listed(leave.counted)}" if leave.counted else ""
            allowed = f"allowed it until {until}{counted}"
            yield f"Contact limits were asked for a contact by {channel} and {allowed}."

    def _leaves(self) -> dict[str, Permit | Refusal]:
        """What the contact limits answered for each channel of the steps that it is about."""
        channels = [one.step.channel for one in self.standings if one.step.is_contact]
        leaves = self.again.seen.leaves if self.again and self.again.seen else {}
        return {channel: leaves[channel] for channel in dict.fromkeys(channels) if channel in leaves}

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
            "document": [asdict(excerpt) for excerpt in self.excerpts],
            "seen": [self._standing_row(one) for one in self.standings],
            "limits": {channel: limit_row(leave) for channel, leave in self._leaves().items()},
            "decided_again": bool(self.again and self.again.made is not None),
            "figures_differing": {
                name: {"recorded": was, "again": now}
                for name, (was, now) in (self.again.differing(because) if self.again else {}).items()
            },
        }  # fmt: skip

    def _standing_row(self, one: Standing) -> dict[str, Any]:
        return {
            "item": one.item, "step": one.step.id, "due_at": one.due_at,
            "conditions": tables_rows(one.checks), "stopped_by": [gate_row(gate) for gate in one.gates],
        }  # fmt: skip


def in_words(delay: timedelta) -> str:
    """A delay in days, hours and minutes; nothing where it is less than a minute."""
    minutes = delay.seconds // 60
    parts = ((delay.days, "day"), (minutes // 60, "hour"), (minutes % 60, "minute"))
    return " ".join(f"{count} {name}{'s' if count != 1 else ''}" for count, name in parts if count > 0)
