"""Stories on a real book: given these facts, when the days pass, then these decisions, and no others.

A story is about account A. Account B has invoices of the same numbers, one paid and one not due for years:
whatever happens to A, B must stay untouched, which is checked at the end of each story.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from arrears.wiring import open_book, shipped_policies
from engine.application import Command, Decide
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts, items, payments, promises, stops
from engine.domain.facts.base import Because, Fact
from engine.domain.facts.contacts import CallOutcome
from engine.escalation import Tally
from policies.book import PolicyBook
from policies.due import decide
from policies.holds import hold_terms
from policies.promising import take_plan, take_promise
from policies.publishing import make_default, publish

NOON = time(12)
on_sqlite = pytest.mark.parametrize("book_url", ["sqlite"], indirect=True)
"""For tables of limits, which have nothing to do with the database: the story is told on SQLite only."""

CONTACTS = ("ReminderIssued", "CallScheduled")


def moment(text: str) -> datetime:
    """`2026-02-09` is noon UTC of that day, `2026-02-09T09:00` that time, UTC."""
    given = datetime.fromisoformat(text)
    return given.replace(tzinfo=UTC) if "T" in text else datetime.combine(given, NOON, UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


def day_before(text: str) -> str:
    """The day before that of a date or moment, as text."""
    return str(moment(text).date() - timedelta(1))


def table(text: str) -> list[str]:
    """The lines of a table, however they are indented and spaced, to compare with `Story.decisions()`."""
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def shipped(name: str, *replaced: tuple[str, str]) -> str:
    """The document of a shipped policy, with each old text replaced by a new one."""
    document = shipped_policies()[name]
    for old, new in replaced:
        assert old in document, old
        document = document.replace(old, new)
    return document


class Story:
    """A book that starts at noon on 1 January 2026, under `notice-calls-agency`, and the account A in it.

    A is opened by the first command, unless `open` has done it. Each command is given now, on A.
    """

    def __init__(self, url: str) -> None:
        self.now = moment("2026-01-01")
        self.book = open_book(url, ZoneInfo("UTC"), "a clerk", create=True, clock=lambda: self.now)
        self._known_at: datetime | None = None
        self._numbers = 0
        self._ids: dict[str, str] = {}
        self.open("B")
        self._owe_and_pay("B")
        self._b_before = self.facts("B")

    def _owe_and_pay(self, account: str) -> None:
        shared: dict[str, Any] = {"account": account, "amount": Decimal(100), "currency": "EUR"}
        for invoice, due in (("INV-1", "2026-01-02"), ("INV-2", "2099-01-02")):
            self._do(items.raise_invoice, invoice=invoice, issued_on=self.today, due_on=day(due), **shared)
        self._do(
            payments.receive_payment, payment="P-1", received_on=self.today, designated=["INV-1"], **shared
        )

    def _do(self, command: Callable[..., list[Fact]], *, account: str = "A", **given: Any) -> None:
        self._execute(lambda known, _: command(known, **given), account)

    def recorded(self, *facts: Fact, account: str = "A") -> None:
        """Records facts as they are, such as a rule of today would refuse."""
        self._execute(lambda *_: list(facts), account)

    def _execute(self, decide: Decide, account: str = "A") -> None:
        if account not in self._ids:
            self.open(account)
        basis = "backfill: history.csv, line 2" if self._known_at else None
        stamp = self.book.stamp(self._known_at, basis)
        self.book.engine.execute(Command(self._ids[account], decide, stamp))

    def _number(self, kind: str) -> str:
        self._numbers += 1
        return f"{kind}-{self._numbers}"

    # --- given: the account and the clock -----------------------------------------------------------------

    @property
    def today(self) -> date:
        return (self._known_at or self.now).date()

    def at(self, text: str) -> None:
        """Moves the clock there without waking the engine."""
        assert moment(text) >= self.now, "a story goes forward"
        self.now = moment(text)

    @contextmanager
    def known_on(self, text: str) -> Iterator[None]:
        """What is told within is backfilled: the old system knew it on that day."""
        self._known_at = moment(text)
        yield
        self._known_at = None

    def open(self, account: str = "A", **details: Any) -> None:
        self._ids |= self.book.engine.account_ids([account])
        self._do(accounts.open_account, account=account, number=account, opened_on=self.today, **details)

    def follow(self, policy: str) -> None:
        self._do(accounts.assign_policy, policy=policy, effective_from=self._known_at or self.now)

    def learn(self, **details: Any) -> None:
        """Details of the debtor become known."""
        self._do(accounts.change_details, changed_on=self.today, **details)

    def go_live(self, invoices: Any, step: str | None = None, *, on: str = "") -> None:
        self.book.go_live(day(on) if on else self.today, invoices, step, ["A"])

    def publish(self, document: str, start: str = "") -> None:
        """A further version of a policy, or a new one, in force from now or from `start`."""
        since, decided = moment(start) if start else self.now, self.book.decided_until()
        self.book.decide_on_policies(lambda book: publish(book, document, "story.toml", since, decided))

    def make_default(self, policy: str) -> None:
        decided = self.book.decided_until()
        self.book.decide_on_policies(lambda book: make_default(book, policy, self.now, decided))

    def note(self) -> None:
        self._do(accounts.add_note, note="looked at the file")

    # --- given: debts and money ---------------------------------------------------------------------------

    def invoice(self, number: str, amount: str = "100.00", *, due: str, currency: str = "EUR") -> None:
        issued_on = min(self.today, day(due))
        self._do(
            items.raise_invoice, invoice=number, amount=Decimal(amount), currency=currency,
            issued_on=issued_on, due_on=day(due),
        )  # fmt: skip

    def write_off(self, invoice: str) -> None:
        self._do(items.write_off, invoice=invoice, written_off_on=self.today)

    def reverse_write_off(self, invoice: str) -> None:
        self._do(items.reverse_write_off, invoice=invoice, reversed_on=self.today)

    def pay(self, amount: str, *invoices: str, on: str = "", payment: str = "") -> None:
        """EUR, known now, received today or `on` an earlier day, for the invoices named (none: any)."""
        self._do(
            payments.receive_payment, payment=payment or self._number("payment"), amount=Decimal(amount),
            currency="EUR", received_on=day(on) if on else self.today, designated=invoices,
        )  # fmt: skip

    def bounce(self, payment: str) -> None:
        self._do(payments.reverse_payment, payment=payment, reversed_on=self.today)

    def credit(self, amount: str, *invoices: str) -> None:
        self._do(
            payments.issue_credit_note, credit=self._number("credit"), amount=Decimal(amount),
            currency="EUR", issued_on=self.today, designated=invoices,
        )  # fmt: skip

    # --- given: promises and stops ------------------------------------------------------------------------

    def promise(
        self, amount: str, *invoices: str, by: str, name: str = "promise", replaces: str | None = None
    ) -> None:
        self._execute(lambda account, policies: take_promise(
            policies, account, self.now, promise=name, amount=Decimal(amount), currency="EUR",
            made_on=self.today, promised_on=day(by), items=invoices, replaces=replaces,
        ))  # fmt: skip

    def plan(self, *parts: tuple[str, str], name: str = "plan", replaces: str | None = None) -> None:
        """A repayment plan of (amount, date) in EUR, for all that is overdue."""
        self._execute(lambda account, policies: take_plan(
            policies, account, self.now, plan=name, currency="EUR", agreed_on=self.today, replaces=replaces,
            parts=[(day(on), Decimal(amount)) for amount, on in parts],
        ))  # fmt: skip

    def withdraw(self, promise: str = "promise") -> None:
        self._do(promises.withdraw_promise, promise=promise, withdrawn_on=self.today)

    def dispute(self, *invoices: str, name: str = "dispute", on: str = "", **parts: str) -> None:
        """Of an invoice given by name, as `INV_1="30.00"`, only so much is disputed."""
        amounts = {invoice.replace("_", "-"): Decimal(part) for invoice, part in parts.items()}
        opened_on = day(on) if on else self.today
        self._do(stops.open_dispute, dispute=name, opened_on=opened_on, items=invoices, parts=amounts)

    def resolve(self, dispute: str = "dispute") -> None:
        self._do(stops.resolve_dispute, dispute=dispute, resolved_on=self.today, outcome="rejected")

    def hold(
        self, *invoices: str, start: str = "", until: str = "", kind: str = "insolvency", name: str = "hold"
    ) -> None:
        from_on, until_on = day(start) if start else self.today, day(until) if until else None

        def placed(account: Account, policies: PolicyBook) -> list[Fact]:
            terms = hold_terms(policies, account, kind, from_on, until_on, self.now)
            return stops.place_hold(
                account, hold=name, kind=kind, items=invoices, from_on=from_on, until_on=terms.until_on,
                stops=terms.stops,
            )  # fmt: skip

        self._execute(placed)

    def release(self) -> None:
        self._do(stops.release_hold, hold="hold", released_on=self.today)

    def erase(self) -> None:
        """The debtor is erased, whatever is still open."""
        self.book.erase("A", self.today, "a request", force=True)

    # --- given: contact and placement ---------------------------------------------------------------------

    def call(self, outcome: str) -> None:
        call, ended = self._number("call"), CallOutcome(outcome)
        self._do(contacts.record_call, call=call, called_at=self.now, outcome=ended)

    def remind(self, step: str, *invoices: str) -> None:
        """Somebody (in a backfill the old system) sent a letter."""
        self._do(
            contacts.record_reminder, contact=self._number("letter"), channel="letter", step=step,
            issued_at=self._known_at or self.now, items=invoices,
        )  # fmt: skip

    def hear(self) -> None:
        """The debtor gets in touch."""
        contact = self._number("inbound")
        self._do(contacts.record_inbound, contact=contact, channel="email", received_at=self.now)

    def send_back(self) -> None:
        """The last letter comes back."""
        letter = next(c.id for c in reversed(self.account.contacts.values()) if c.channel == "letter")
        self._do(contacts.record_delivery, contact=letter, at=self.now, delivered=False)

    def locate(self) -> None:
        self._do(contacts.mark_located, located_on=self.today)

    def approve(self) -> None:
        self._do(contacts.approve_placement, placement=self._placement, placed_on=self.today)

    def decline(self) -> None:
        self._do(contacts.take_back, placement=self._placement, on=self.today, declined=True)

    @property
    def _placement(self) -> str:
        return list(self.account.placements)[-1]

    # --- when ---------------------------------------------------------------------------------------------

    def tick(self, text: str) -> Tally:
        """Wakes the engine at that moment; then nothing that is due may be left undone."""
        self.at(text)
        tally = self.book.tick(self.now)
        undone = decide(self.account, self.book.engine.policies(), self.now)
        assert not undone, f"due at {self.now}, but not on the agenda: {undone}"
        return tally

    def until(self, last: str, *, hours: Sequence[int] = (12,)) -> None:
        """Wakes the engine at these hours (UTC) of each day from now up to the end of that day."""
        on = self.today
        while on <= day(last):
            for hour in hours:
                if datetime.combine(on, time(hour), UTC) >= self.now:
                    self.tick(f"{on}T{hour:02}:00")
            on += timedelta(1)

    # --- then ---------------------------------------------------------------------------------------------

    @property
    def account(self) -> Account:
        with self.book.engine.accounts.work([self._ids["A"]]) as work:
            return work.accounts[self._ids["A"]]

    def facts(self, account: str = "A") -> list[Fact]:
        return [stored.fact for stored in self.book.store.stream(self._ids[account])]

    def decided(self, *topics: str, since: str = "2026-01-01T00:00") -> list[tuple[Fact, Because]]:
        """What the engine decided on A since a moment, of these topics (none: of all), and why."""
        found = [(fact, fact.because) for fact in self.facts() if fact.because]
        return [
            (fact, why)
            for fact, why in found
            if why.acted_at >= moment(since) and (not topics or fact.TOPIC in topics)
        ]

    def decisions(self, *topics: str, since: str = "2026-01-01T00:00") -> list[str]:
        """One line for each decision: day, topic, step, items at that step, and what else there is to say."""
        return [told(fact, why) for fact, why in self.decided(*topics, since=since)]

    def contacts(self, since: str = "2026-01-01T00:00") -> list[str]:
        """The decisions to contact the debtor."""
        return self.decisions(*CONTACTS, since=since)

    def close(self) -> None:
        """Ends the story: B is as it was, no decision was made twice, no day had two contacts."""
        assert self.facts("B") == self._b_before
        ids = [why.id for _, why in self.decided()]
        assert len(ids) == len(set(ids)), "a decision was made twice"
        days = [line[:10] for line in self.contacts()]
        assert len(days) == len(set(days)), "two contacts on one day"
        self.book.close()


def told(fact: Any, why: Because) -> str:
    """A decision in one line."""
    parts = [f"{why.acted_at:%Y-%m-%d}", fact.TOPIC, getattr(fact, "promise", why.step)]
    for line in getattr(fact, "lines", ()):
        parts.append(line.item if line.step == fact.step else f"{line.item}@{line.step}")
    parts += getattr(fact, "items", ())
    more = (getattr(fact, name, None) for name in ("overtaken_by", "reason", "rule", "level", "received"))
    return " ".join([*parts, *(str(value) for value in more if value is not None)])


@pytest.fixture
def story(book_url: str) -> Iterator[Story]:
    """A story, once on SQLite and once on PostgreSQL."""
    begun = Story(book_url)
    yield begun
    begun.close()
