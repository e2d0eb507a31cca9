"""The types of payers in the portfolio: how many there are of each, and what they do with their bills."""

from collections.abc import Mapping
from dataclasses import dataclass

from arrears.demo import conduct, incidents
from arrears.demo.conduct import Conduct


@dataclass(frozen=True)
class Payer:
    """A type of payer. `share` is in percent of the accounts; `conducts` are relative frequencies by bill.

    The first `sound_bills` are paid on time. Bills come `gap_days` apart (each account has its own gap within
    those bounds). A payment names its invoices with probability `names_invoices`: 1 for those who may owe
    older bills, because money without a name would go to the oldest.
    """

    name: str
    share: float
    conducts: Mapping[Conduct, float]
    sound_bills: int = 0
    gap_days: tuple[int, int] = (55, 150)
    names_invoices: float = 1.0


PROMPT = Payer(
    "prompt",
    24,
    {
        conduct.on_time: 80,
        conduct.early: 12,
        incidents.overpays: 2,
        incidents.deducts: 2,
        incidents.dispute_upheld: 2,
        incidents.dispute_rejected: 2,
    },
    gap_days=(35, 160),
    names_invoices=0.8,
)

PAYERS = (
    PROMPT,
    Payer(
        "early",
        14,
        {conduct.early: 88, conduct.on_time: 10, incidents.prepays: 2},
        gap_days=(35, 160),
        names_invoices=0.7,
    ),
    Payer(
        "slow",
        18,
        {conduct.slow: 80, conduct.on_time: 14, conduct.after_notice: 3, conduct.asks_for_time: 3},
        gap_days=(35, 160),
    ),
    Payer("waits for the notice", 8, {conduct.after_notice: 70, conduct.slow: 30}),
    Payer(
        "waits for the call", 8, {conduct.after_call: 70, conduct.after_notice: 20, conduct.keeps_promise: 10}
    ),
    Payer("keeps promises", 5, {conduct.keeps_promise: 60, conduct.asks_for_time: 25, conduct.slow: 15}),
    Payer(
        "breaks promises",
        5,
        {conduct.breaks_promise: 55, conduct.half_keeps_promise: 30, conduct.keeps_promise: 15},
    ),
    Payer("pays in part", 3.5, {conduct.pays_part: 70, conduct.slow: 30}),
    Payer("stops paying", 4.5, {conduct.never: 100}, sound_bills=2),
    Payer("moves away", 1.5, {conduct.moved: 100}, sound_bills=2),
    Payer(
        "disputes",
        3,
        {
            incidents.dispute_upheld: 18,
            incidents.dispute_partly_upheld: 18,
            incidents.dispute_rejected: 18,
            incidents.dispute_withdrawn: 10,
            conduct.on_time: 36,
        },
    ),
    Payer("deducts", 2, {incidents.deducts: 50, conduct.on_time: 50}),
    Payer(
        "pays too much or too soon", 2, {incidents.overpays: 25, incidents.prepays: 25, conduct.on_time: 50}
    ),
    Payer(
        "lacks funds",
        1.5,
        {incidents.bounces: 35, incidents.bounces_promise: 25, conduct.slow: 40},
    ),
)


NEED_CALLS: frozenset[Conduct] = frozenset(
    {
        conduct.after_call,
        conduct.keeps_promise,
        conduct.half_keeps_promise,
        conduct.breaks_promise,
        conduct.pays_part,
        conduct.never,
        conduct.moved,
        incidents.bounces_promise,
    }
)
"""The conducts that answer to calls of ours: where nobody calls they come to `uncalled`."""


def payers_for(accounts: int) -> list[Payer]:
    """One payer per account: one of each type, the others by the shares, what is lacking then prompt."""
    others = [payer for payer in PAYERS for _ in range(round(payer.share * accounts / 100) - 1)]
    return [*PAYERS, *others, *[PROMPT] * accounts][:accounts]
