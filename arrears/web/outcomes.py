"""What came of taking up an account, in one form: each section is a request, and all are recorded or none.

A section is recorded where something that matters was typed into it. A promise or plan is tried out while it
is typed, on the account as it stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from arrears.commands.base import Request
from arrears.commands.carrying import TogetherRefused, VersionDiffers, carry_out_together
from arrears.commands.contacts import RecordCall
from arrears.commands.debtors import AddNote, SetFollowUp
from arrears.commands.promises import AgreePlan, MakePromise
from arrears.commands.stops import OpenDispute, PlaceHold
from arrears.telling.rows import exact
from arrears.telling.sentences import listed
from arrears.web.errors import as_sentence
from arrears.web.forms import Drawn, Unfit, meanwhile, read
from arrears.web.inputs import NEEDED, Typed, inputs_of
from arrears.wiring import Book
from engine.domain.facts.base import Fact
from engine.domain.facts.promises import PromiseMade, RepaymentPlanAgreed
from engine.domain.money import ZERO
from engine.store import Conflict

MOST_NAMED = 20
"""So many items are named; of more the first few."""
NOTHING_GIVEN = "Nothing to record: choose how the call ended, or write a note."


@dataclass(frozen=True)
class Section:
    """A part of the form: what it records, and the inputs of which any says that it is to be recorded."""

    name: str
    command: type[Request]
    decisive: frozenset[str]

    @property
    def prefix(self) -> str:
        """What the names of its inputs begin with."""
        return f"{self.name}-"

    def typed(self, sent: Typed) -> Typed:
        """What was typed into it."""
        names = (name for one in inputs_of(self.command) for name in one.parts)
        return {name: sent[self.prefix + name] for name in names if self.prefix + name in sent}

    def is_given(self, typed: Typed) -> bool:
        """Whether there is something to be recorded."""
        return any("".join(values).strip() for name, values in typed.items() if name in self.decisive)


_PLAN = ("instalments", "instalments.total", "instalments.parts", "instalments.first_on")
SECTIONS = (
    Section("call", RecordCall, frozenset({"outcome"})),
    Section("note", AddNote, frozenset({"note"})),
    Section("promise", MakePromise, frozenset({"amount", "promised_on"})),
    Section("plan", AgreePlan, frozenset(_PLAN)),
    Section("dispute", OpenDispute, frozenset({"invoices", "parts", "reason", "code"})),
    Section("hold", PlaceHold, frozenset({"kind", "until_on", "reason"})),
    Section("follow-up", SetFollowUp, frozenset({"on"})),
)
ON_TRIAL = ("promise", "plan")
"""What is tried while it is being typed."""


# --- trying out -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """What would come of a section: in sentences, or why it would be refused; nothing to say yet."""

    name: str
    said: Sequence[str] = ()
    refused: Sequence[str] = ()


def try_out(book: Book, section: Section, number: str, sent: Typed, zone: ZoneInfo) -> Trial:
    """What would be recorded of a section; that something is not typed yet is not held against it."""
    with book.account(number) as account:
        open_now = {one.id: one.open for one in account.open_items.values()}
    try:
        request = read(section.command, number, section.typed(sent), zone)
        [facts] = carry_out_together(book, [request], may_store=False)
    except Unfit as unfit:
        wrong = [(name, [one for one in said if one != NEEDED]) for name, said in unfit.errors.items()]
        told = [as_sentence(f"{name.replace('_', ' ')}: {'; '.join(said)}") for name, said in wrong if said]
        return Trial(section.name, refused=told)
    except TogetherRefused as refused:
        return Trial(section.name, refused=[as_sentence(str(one)) for one in refused.why.values()])
    return Trial(section.name, said=[one for fact in facts for one in _consequences(fact, open_now, zone)])


def _consequences(fact: Fact, open_now: Mapping[str, Decimal], zone: ZoneInfo) -> Iterator[str]:
    """What a promise or plan means: until when money is in time, and how much of what it is for it covers."""
    if isinstance(fact, PromiseMade):
        terms, promised = fact.terms, fact.amount
    elif isinstance(fact, RepaymentPlanAgreed):
        terms = fact.instalments[-1].terms
        promised = sum((one.amount for one in fact.instalments), ZERO)
    else:
        return
    when = f"{terms.judge_at.astimezone(zone):%Y-%m-%d %H:%M}"
    yield f"Money is in time up to {terms.deadline}; it is judged on {when} ({zone})."
    due = sum((open_now.get(item, ZERO) for item in fact.items), ZERO)
    rest, currency = due - promised, fact.currency
    covers = "all of it" if rest <= ZERO else f"all but {exact(rest, currency)} {currency}"
    about = listed(fact.items) if len(fact.items) > MOST_NAMED else ", ".join(fact.items)
    yield f"It is for {about}: of {exact(due, currency)} {currency} open it covers {covers}."


# --- recording --------------------------------------------------------------------------------------------


def given_in(sent: Typed) -> list[Section]:
    """The sections that say something; the note belongs to the call where there was one."""
    given = [one for one in SECTIONS if one.is_given(one.typed(sent))]
    called = any(one.name == "call" for one in given)
    return [one for one in given if not (called and one.name == "note")]


@dataclass(frozen=True)
class Again:
    """The form once more, with all that was typed and what is wrong with it."""

    forms: dict[str, Drawn]
    status: int
    problems: Sequence[str] = ()


def record_all(
    book: Book, forms: dict[str, Drawn], given: Sequence[Section], seen: int | None, zone: ZoneInfo
) -> list[Fact] | Again:
    """What all sections recorded, together; or the form again with all that is wrong in any of them."""
    if seen is not None:
        forms = {name: replace(form, seen=seen) for name, form in forms.items()}
    if not given:
        return Again(forms, 422, [NOTHING_GIVEN])
    requests, unfit = _read(forms, given, zone)
    if unfit:
        return Again(forms | unfit, 422)
    try:
        recorded = carry_out_together(book, requests, lambda version: seen in (None, version))
    except VersionDiffers as stale:
        told = meanwhile(book, forms["call"].number, seen or 0, zone)
        fresh = {n: replace(form, seen=int(stale.data["version"])) for n, form in forms.items()}
        return Again(fresh | {"call": replace(fresh["call"], meanwhile=told)}, 412)
    except TogetherRefused as refused:
        said = {given[place].name: as_sentence(str(why)) for place, why in refused.why.items()}
        return Again(forms | {n: replace(forms[n], problems=[why]) for n, why in said.items()}, 409)
    except Conflict:
        return Again(forms, 409, ["Others kept changing the account. Try again."])
    return [fact for facts in recorded for fact in facts]


def _read(
    forms: Mapping[str, Drawn], given: Sequence[Section], zone: ZoneInfo
) -> tuple[list[Request], dict[str, Drawn]]:
    """The requests that were typed, and the sections of which something is wrong."""
    requests: list[Request] = []
    wrong: dict[str, Drawn] = {}
    for section in given:
        form = forms[section.name]
        typed = dict(form.typed)
        if section.name == "call":
            typed["note"] = list(forms["note"].typed.get("note", ()))
        try:
            requests.append(read(section.command, form.number, typed, zone))
        except Unfit as unfit:
            wrong[section.name] = replace(form, errors=unfit.errors)
    promised = "".join(forms["call"].typed.get("outcome", ())) == "promised"
    if promised and not any(one.name in ON_TRIAL for one in given):
        wrong["promise"] = replace(
            forms["promise"], errors={"amount": ["say what was promised, or 'reached'"]}
        )
    return requests, wrong
