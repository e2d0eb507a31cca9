"""Scheduled calls are pushed to a dialler, beside the worklist; what nobody is to call about is withdrawn.

A call stays on the worklist until somebody, or the dialler, has made it.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid4, uuid5

from sqlalchemy import Row

from arrears.delivery import calls
from arrears.delivery.calls import BY
from arrears.delivery.carrier import NotNow, Undeliverable
from arrears.delivery.contact import templates_of
from arrears.delivery.gateway import Gateway, gateway_id, telephone
from arrears.delivery.recipient import recipient
from arrears.delivery.render import render
from arrears.delivery.sending import NO_TEXT_PAUSE, pause_after, policy_of
from arrears.delivery.settings import DeliverySettings
from arrears.delivery.templates import TextFaulty, UnknownTemplate, best_language
from arrears.remittance.reference import payment_reference
from engine.accounts import Stamp
from engine.agenda import EPOCH, MICROSECOND, NEVER, micros
from engine.application import Command, Engine
from engine.domain.account import Account
from engine.domain.decisions.contacts import record_call
from engine.domain.errors import ContactUnknown
from engine.domain.facts.base import Fact, Stored
from engine.domain.facts.contacts import CallOutcome, CallScheduled
from policies.book import PolicyBook
from policies.leaving import CalledOff, PutOff, look_again

_CALLS = uuid5(NAMESPACE_URL, "arrears dialler")

Outcome = Literal["pushed", "withdrawn", "put off", "to be tried again", "left to people"]


class Dialler:
    """Pushes what is to be called about now; several may run on one book.

    Raises SettingMissing, GatewayWrong.
    """

    def __init__(self, engine: Engine, settings: DeliverySettings, clock: Callable[[], datetime]) -> None:
        self.engine, self.settings, self.clock = engine, settings, clock
        self.database = engine.store.database
        self.gateway = Gateway("CALL", settings.call_url, settings.call_secret, settings, clock)
        self.owner = uuid4().hex

    def run(self) -> Counter[Outcome]:
        """Pushes and withdraws all that is due, and says what became of it; raises CarrierDown."""
        outcomes: Counter[Outcome] = Counter()
        calls.catch_up(self.database, self.engine.store.read)
        with self.gateway:
            try:
                while page := calls.claim(self.database, self.clock(), self.owner, self.settings.lease):
                    for row in page:
                        outcomes[self._withdraw(row) if row.is_over else self._push(row)] += 1
            finally:
                calls.release(self.database, self.owner)
        return outcomes

    def _push(self, row: Row[Any]) -> Outcome:
        [told] = self.engine.store.streams({row.account: 0}).values()
        call = _call_of(told, row.contact)
        match self._look_again(row, call):
            case PutOff(until, why):
                calls.keep(self.database, row.contact, next_try_at=micros(until), trouble=why)
                return "put off"
            case CalledOff() | "over":
                return self._leave(row, "called off")
        try:
            self.gateway.post(gateway_id(row.contact, row.account), self._content(row, call, told))
        except (UnknownTemplate, TextFaulty) as fault:
            later = micros(self.clock() + NO_TEXT_PAUSE)
            calls.keep(self.database, row.contact, next_try_at=later, trouble=type(fault).__name__)
            return "put off"
        except Undeliverable:
            return self._leave(row, "refused")
        except NotNow as refused:
            return self._try_again(row, refused)
        is_wanted = calls.keep(self.database, row.contact, is_pushed=True, trouble=None, attempts=0)
        return "pushed" if is_wanted else self._withdraw(row)  # somebody made it while it was pushed

    def _withdraw(self, row: Row[Any]) -> Outcome:
        """Tells the dialler that the call is not to be made any more, also where it says it knows no such."""
        name = gateway_id(row.contact, row.account)
        try:
            self.gateway.post(f"{name}_withdrawn", {"type": "call.withdrawn", "call": name})
        except NotNow as refused:
            if row.attempts + 1 < self.settings.deliver_attempts:
                return self._try_again(row, refused)
        except Undeliverable:
            pass
        calls.remove(self.database, row.contact)
        return "withdrawn"

    def _look_again(self, row: Row[Any], call: CallScheduled) -> PutOff | CalledOff | str | None:
        found: list[PutOff | CalledOff | str | None] = []

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            waits = row.contact in account.calls_due
            found[:] = [look_again(account, policies, call, self.clock()) if waits else "over"]
            return []

        self.engine.execute(Command(row.account, decide, Stamp(BY, self.clock())))
        return found[0]

    def _content(self, row: Row[Any], call: CallScheduled, told: list[Stored]) -> dict[str, Any]:
        """What the dialler is told. Raises Undeliverable, UnknownTemplate, TextFaulty."""
        to = recipient(one.fact for one in told)
        policy = policy_of(self.engine.policies(), call)
        script = render(
            call, to, self.settings.named_creditor, best_language(to.language),
            templates_of(policy) if policy else {}, "", payment_reference(row.account),
        )  # fmt: skip
        return {
            "type": "call.scheduled", "to": telephone(to), "name": str(to.name or ""),
            "account": str(to.number), "language": script.template.language, "timezone": to.timezone,
            "script": script.text, "not_before": _text(row.call_from), "not_after": _text(row.call_until),
        }  # fmt: skip

    def _leave(self, row: Row[Any], why: str) -> Outcome:
        calls.keep(self.database, row.contact, next_try_at=NEVER, trouble=why)
        return "left to people"

    def _try_again(self, row: Row[Any], refused: NotNow) -> Outcome:
        attempts = row.attempts + 1
        later = micros(self.clock() + pause_after(attempts))
        calls.keep(self.database, row.contact, attempts=attempts, next_try_at=later, trouble=refused.code)
        return "to be tried again"


def _call_of(told: list[Stored], contact: str) -> CallScheduled:
    facts = (one.fact for one in reversed(told))
    return next(fact for fact in facts if isinstance(fact, CallScheduled) and fact.contact == contact)


def _text(at: int) -> str:
    return (EPOCH + at * MICROSECOND).isoformat()


def record_outcome(
    engine: Engine, account_id: str, contact: str, attempt: str, outcome: CallOutcome, called_at: datetime,
    note: str | None, at: datetime,
) -> list[Fact]:  # fmt: skip
    """Records a call that the dialler made; not again where that attempt is recorded.

    Raises ContactUnknown.
    """
    call = f"call-{uuid5(_CALLS, f'{contact}/{attempt}').hex[:12]}"

    def decide(account: Account, _: PolicyBook) -> list[Fact]:
        known = account.contacts.get(contact)
        if known is None or known.channel != "call":
            raise ContactUnknown(account=account.number, contact=contact)
        return record_call(account, call=call, called_at=called_at, outcome=outcome, note=note)

    return engine.execute(Command(account_id, decide, Stamp(BY, at)))
