"""What an agency has, and what the debtor paid to us meanwhile."""

from engine.domain.account import Account, Item, Placement, Receipt
from engine.domain.money import ZERO


def items_with(account: Account, placement: Placement) -> list[Item]:
    """The items that are under the placement now, open or closed."""
    items = (account.item(line.item) for line in placement.lines)
    return [item for item in items if item is not None and item.placement == placement.id]


def paid_to_us(account: Account, placement: Placement) -> list[Receipt]:
    """Payments on the placement's items since the agency has them that did not come through an agency, the
    first first."""
    since = placement.since
    if placement.status != "placed" or since is None:
        return []
    parts = (
        (receipt, part)
        for item in items_with(account, placement)
        for receipt, part in item.paid_by.items()
        if part > ZERO and receipt not in account.remitted
    )
    payments = {receipt: account.receipts[receipt] for receipt, _ in parts if receipt in account.receipts}
    direct = [payment for payment in payments.values() if payment.received_on >= since]
    return sorted(direct, key=lambda payment: (payment.received_on, payment.id))
