"""Histories: random commands on the accounts of a book, most of them valid, with wake-ups in between."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from hypothesis import strategies as st

from engine.accounts import Stamp
from engine.application import Command
from engine.domain.account import Account, Item
from engine.domain.decisions import accounts, contacts, items, payments, promises, stops
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import CallOutcome
from engine.domain.facts.promises import Instalment, PromiseTerms
from engine.domain.facts.stops import EFFECTS, Effect
from engine.domain.money import from_minor, unit
from policies.book import PolicyBook
from policies.promises import promise_terms

BEGIN = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
CURRENCIES = ("EUR", "JPY", "EUR", "KWD")
OPENED: dict[str, dict[str, str]] = {
    "A": {},
    "B": {"timezone": "America/New_York", "country": "US", "policy": "thirty-sixty-ninety"},
    "C": {"timezone": "Asia/Dubai", "country": "AE", "policy": "gentle-to-firm"},
}
"""The accounts of every history. At the hour at which a history moves they all have the same date, and it
lies within the hours of contacts: what is decided outside them can be taken back before it leaves."""


class NothingThere(RuleBroken):
    sentence = "the account has nothing that this could be about"


@dataclass(frozen=True)
class Move:
    """One thing that happens: what, to whom, when, and the numbers with which it is made."""

    what: str
    account: str
    number: int
    at: datetime
    pick: int
    minor: int
    days: int

    @property
    def today(self) -> date:
        return self.at.date()

    @property
    def currency(self) -> str:
        return CURRENCIES[self.pick % len(CURRENCIES)]

    @property
    def amount(self) -> Decimal:
        return from_minor(self.minor, self.currency)

    def one(self, names: Iterable[str]) -> str:
        """One of the names; raises NothingThere."""
        if not (known := list(names)):
            raise NothingThere
        return known[self.pick % len(known)]

    def effects(self) -> tuple[Effect, ...]:
        """All that a hold can stop, or one of it."""
        return EFFECTS if self.minor % 2 else (EFFECTS[self.pick % len(EFFECTS)],)

    def some(self, names: Iterable[str]) -> tuple[str, ...]:
        """One of the names, or, as often as not, none."""
        return (self.one(names),) if self.minor % 2 else ()


Make = Callable[[Account, PolicyBook, Move], list[Fact]]
MOVES: dict[str, Make] = {}
OFTEN: list[str] = []
"""What happens, as often as it is to happen."""


def _move(times: int = 1) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        name = make.__name__.removesuffix("_")
        MOVES[name] = make
        OFTEN.extend([name] * times)
        return make

    return register


# --- what is owed -----------------------------------------------------------------------------------------


@_move(6)
def invoice(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    due_on = move.today + timedelta(move.days)
    return items.raise_invoice(
        account, invoice=f"I-{move.number}", amount=move.amount, currency=move.currency,
        issued_on=min(move.today, due_on), due_on=due_on,
    )  # fmt: skip


@_move(2)
def charge(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    invoice = move.one(item.id for item in _items(account) if item.kind == "invoice")
    return items.charge(
        account, charge=f"F-{move.number}", amount=move.amount, currency=move.currency, invoice=invoice,
        charged_on=move.today, due_on=move.today + timedelta(abs(move.days)),
        kind=move.one(["fee", "interest"]),
    )  # fmt: skip


@_move()
def correct_up(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    item = _one(_items(account), move)
    more = item.amount + from_minor(move.minor, item.currency)
    return items.correct_invoice(account, invoice=item.id, effective_on=move.today, amount=more)


@_move()
def correct_down(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    """What was paid too much becomes unapplied; of what was written off or waived it is refused."""
    item = _one(_items(account), move)
    less = max(item.amount - from_minor(move.minor, item.currency), Decimal(0))
    effective_on = item.issued_on if move.minor % 2 else move.today
    return items.correct_invoice(account, invoice=item.id, effective_on=effective_on, amount=less)


@_move()
def move_due_date(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    item, due_on = _one(_items(account), move), move.today + timedelta(move.days)
    return items.correct_invoice(account, invoice=item.id, effective_on=move.today, due_on=due_on)


@_move()
def waive(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    charges = (item.id for item in _items(account) if item.kind != "invoice")
    return items.waive_charge(account, charge=move.one(charges), waived_on=move.today)


@_move()
def write_off(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    return items.write_off(account, invoice=_one(_items(account), move).id, written_off_on=move.today)


@_move()
def reverse_write_off(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    given_up = (item.id for item in _items(account) if item.written_off)
    return items.reverse_write_off(account, invoice=move.one(given_up), reversed_on=move.today)


# --- what was paid ----------------------------------------------------------------------------------------


@_move(3)
def pay(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    return payments.receive_payment(
        account, payment=f"P-{move.number}", amount=move.amount, currency=move.currency,
        received_on=move.today - timedelta(move.minor % 4),
    )  # fmt: skip


@_move()
def overpay(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    """More than is owed in that currency."""
    owed = max(account.balance.get(move.currency, Decimal(0)), Decimal(0))
    return payments.receive_payment(
        account, payment=f"P-{move.number}", amount=owed + move.amount, currency=move.currency,
        received_on=move.today,
    )  # fmt: skip


@_move(3)
def pay_in_full(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    """An item paid by its number, to the cent."""
    item = _one(account.open_items.values(), move)
    return payments.receive_payment(
        account, payment=f"P-{move.number}", amount=item.open, currency=item.currency,
        received_on=move.today, designated=(item.id,),
    )  # fmt: skip


@_move()
def pay_by_name(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    """Any amount, for an item and for the next invoice, which may not be there yet."""
    item = _one(_items(account), move)
    return payments.receive_payment(
        account, payment=f"P-{move.number}", amount=from_minor(move.minor, item.currency),
        currency=item.currency, received_on=move.today, designated=(item.id, f"I-{move.number + 1}"),
    )  # fmt: skip


@_move(2)
def pay_as_promised(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    """A pending promise, or half of it."""
    promise = account.pending[move.one(account.pending)]
    amount = promise.amount if move.minor % 2 else _in_units(promise.amount / 2, promise.currency)
    return payments.receive_payment(
        account, payment=f"P-{move.number}", amount=amount, currency=promise.currency,
        received_on=move.today, designated=promise.items[:1],
    )  # fmt: skip


@_move(2)
def credit(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    """For an item, or for any; an item in another currency is refused."""
    same = (item.id for item in _items(account) if item.currency == move.currency or move.minor % 7 == 0)
    return payments.issue_credit_note(
        account, credit=f"C-{move.number}", amount=move.amount, currency=move.currency, issued_on=move.today,
        designated=move.some(same),
    )  # fmt: skip


@_move(3)
def allocate(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    receipts = {**account.receipts, **account.credits}
    receipt = move.one(known.id for known in receipts.values() if known.unapplied)
    same = (i.id for i in account.open_items.values() if i.currency == receipts[receipt].currency)
    named = next(iter(move.some(same)), None)
    return payments.allocate_unapplied(account, receipt=receipt, allocated_on=move.today, item=named)


@_move(2)
def reverse(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    payment = move.one(known.id for known in account.receipts.values() if not known.reversed_on)
    return payments.reverse_payment(account, payment=payment, reversed_on=move.today)


@_move()
def refund(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    receipt = account.receipts[move.one(known.id for known in account.receipts.values() if known.unapplied)]
    part = min(receipt.unapplied, from_minor(move.minor, receipt.currency))
    return payments.refund_payment(account, payment=receipt.id, amount=part or None, refunded_on=move.today)


# --- promises and stops -----------------------------------------------------------------------------------


def _terms(account: Account, policies: PolicyBook, move: Move, item: Item, on: date) -> PromiseTerms:
    return promise_terms(policies, account, from_minor(move.minor, item.currency), item.currency, on, move.at)


@_move(3)
def promise(account: Account, policies: PolicyBook, move: Move) -> list[Fact]:
    item = _one(account.open_items.values(), move)
    on = move.today + timedelta(move.minor % 12)
    return promises.make_promise(
        account, promise=f"promise-{move.number}", amount=from_minor(move.minor, item.currency),
        currency=item.currency, made_on=move.today, promised_on=on,
        terms=_terms(account, policies, move, item, on), items=move.some([item.id]),
    )  # fmt: skip


@_move()
def plan(account: Account, policies: PolicyBook, move: Move) -> list[Fact]:
    item = _one(account.open_items.values(), move)
    days = [move.today + timedelta(move.minor % 9), move.today + timedelta(10 + move.minor % 9)]
    part = from_minor(move.minor, item.currency)
    parts = [
        Instalment(promised_on=on, amount=part, terms=_terms(account, policies, move, item, on))
        for on in days
    ]
    return promises.agree_plan(
        account, plan=f"plan-{move.number}", currency=item.currency, agreed_on=move.today, instalments=parts
    )


@_move()
def withdraw(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    names = [*account.pending, *account.plans]
    return promises.withdraw_promise(account, promise=move.one(names), withdrawn_on=move.today)


@_move()
def renegotiate(account: Account, policies: PolicyBook, move: Move) -> list[Fact]:
    """Another promise in the place of one, or of a plan."""
    old = account.promises[move.one(account.promises)]
    on, item = move.today + timedelta(move.minor % 12), _item(account, old.items[0])
    return promises.make_promise(
        account, promise=f"promise-{move.number}", amount=from_minor(move.minor, old.currency),
        currency=old.currency, made_on=move.today, promised_on=on, items=old.items,
        terms=_terms(account, policies, move, item, on), replaces=old.plan or old.id,
    )  # fmt: skip


@_move(2)
def dispute_part(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    """Half of what is open of an invoice."""
    item = _one(account.open_items.values(), move)
    return stops.open_dispute(
        account, dispute=f"dispute-{move.number}", opened_on=move.today,
        parts={item.id: _in_units(item.open / 2, item.currency)}, code="short-delivery",
    )  # fmt: skip


@_move(2)
def dispute(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    return stops.open_dispute(
        account, dispute=f"dispute-{move.number}", opened_on=move.today,
        items=move.some(item.id for item in _items(account)),
    )  # fmt: skip


@_move(2)
def resolve(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    pending = move.one(known.id for known in account.disputes.values() if not known.resolved_on)
    return stops.resolve_dispute(account, dispute=pending, resolved_on=move.today, outcome="rejected")


@_move(2)
def hold(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    start = move.today + timedelta(move.minor % 3)
    return stops.place_hold(
        account, hold=f"hold-{move.number}", kind="legal", from_on=start,
        stops=move.effects(),
        until_on=start + timedelta(abs(move.days) // 2) if move.pick % 2 else None,
        items=move.some(account.open_items),
    )  # fmt: skip


@_move()
def release(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    running = move.one(known.id for known in account.holds.values() if not known.released_on)
    return stops.release_hold(account, hold=running, released_on=move.today)


# --- contact, placement, the debtor -----------------------------------------------------------------------


@_move(3)
def call(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    outcome = CallOutcome(move.one(CallOutcome))
    return contacts.record_call(account, call=f"call-{move.number}", called_at=move.at, outcome=outcome)


@_move()
def inbound(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    name = f"inbound-{move.number}"
    return contacts.record_inbound(account, contact=name, channel="email", received_at=move.at)


@_move()
def send_back(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    sent = (known.id for known in account.contacts.values() if known.channel != "call")
    return contacts.record_delivery(account, contact=move.one(sent), at=move.at, delivered=False)


@_move(2)
def approve(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    placement = move.one(account.placements)
    return contacts.approve_placement(account, placement=placement, placed_on=move.today)


@_move()
def take_back(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    placement = account.placements[move.one(account.placements)]
    return contacts.take_back(
        account, placement=placement.id, on=move.today, declined=placement.status == "proposed"
    )


@_move()
def place(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    return contacts.place_directly(
        account, placement=f"placement-{move.number}", agency="agency", placed_on=move.today,
        items=move.some(account.open_items),
    )  # fmt: skip


@_move()
def lose_or_find(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    if account.cannot_be_located:
        return contacts.mark_located(account, located_on=move.today)
    return contacts.mark_unreachable(account, found_on=move.today)


@_move()
def change_policy(account: Account, policies: PolicyBook, move: Move) -> list[Fact]:
    name = move.one(sorted(policies.versions))
    return accounts.assign_policy(account, policy=name, effective_from=move.at)


def open_(account: Account, _: PolicyBook, move: Move) -> list[Fact]:
    """The account is opened, and given its policy."""
    details = OPENED[move.account].copy()
    policy = details.pop("policy", None)
    opened = accounts.open_account(account, number=move.account, opened_on=move.today, **details)
    return opened + (accounts.assign_policy(account, policy=policy, effective_from=move.at) if policy else [])


MOVES["open"] = open_


def _in_units(amount: Decimal, currency: str) -> Decimal:
    """The amount in the currency's decimals, rounded up to one unit at least."""
    return max(amount.quantize(unit(currency), ROUND_DOWN), unit(currency))


def _items(account: Account) -> list[Item]:
    return [*account.open_items.values(), *account.closed_items.values()]


def _item(account: Account, name: str) -> Item:
    return {item.id: item for item in _items(account)}[name]


def _one(known: Iterable[Item], move: Move) -> Item:
    found = {item.id: item for item in known}
    return found[move.one(found)]


# --- histories --------------------------------------------------------------------------------------------

History = tuple[Move, ...]


def command(move: Move, account_id: str) -> Command:
    """The move as a command on the account of that stream."""
    make = MOVES[move.what]
    return Command(
        account_id, lambda account, policies: make(account, policies, move), Stamp("a clerk", move.at)
    )


def openings() -> History:
    """Opens each account."""
    return tuple(Move("open", account, 0, BEGIN, 0, 1, 0) for account in OPENED)


LEFT_OUT = "left out"
_TOLD = (
    st.integers(0, 9), st.integers(1, 50_000), st.integers(-45, 30),
    st.sampled_from([0, 0, 1, 1, 2, 5, 9, 20]),
)  # fmt: skip


@st.composite
def histories(
    draw: st.DrawFn, size: int = 24, often: Sequence[str] = tuple(OFTEN), accounts: str = "AAABC"
) -> History:
    """The openings, four invoices, then up to so many moves, each some days after the one before.

    Always as many are drawn, some of them to be left out: drawn lists would mostly be short.
    """
    whom, what = st.sampled_from(accounts), st.sampled_from([LEFT_OUT, *often])
    first = draw(st.lists(st.tuples(st.just("invoice"), whom, *_TOLD), min_size=4, max_size=4))
    later = draw(st.lists(st.tuples(what, whom, *_TOLD), min_size=size, max_size=size))
    return openings() + tuple(_dated([*first, *(drawn for drawn in later if drawn[0] != LEFT_OUT)]))


def _dated(drawn: Iterable[tuple[str, str, int, int, int, int]]) -> Iterator[Move]:
    at = BEGIN
    for number, (what, account, pick, minor, days, later) in enumerate(drawn, start=1):
        at += timedelta(later)
        yield Move(what, account, number, at, pick, minor, days)


def put_off(history: History, days: int) -> History:
    """The same moves, so many days later."""
    return tuple(replace(move, at=move.at + timedelta(days)) for move in history)
