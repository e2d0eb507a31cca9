"""The payment code of a letter: what a banking app reads of it (EPC069-12, version 2)."""

from dataclasses import dataclass
from decimal import Decimal

import segno
from segno.helpers import make_epc_qr

CURRENCY = "EUR"
LEAST, MOST = Decimal("0.01"), Decimal("999999999.99")
LONGEST_NAME = 70


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer in euro that a debtor is asked to make. `bic` may be empty within the EEA."""

    name: str
    iban: str
    bic: str
    amount: Decimal
    reference: str

    @property
    def can_be_coded(self) -> bool:
        """Whether the scheme has a code for it: it has an upper limit, and needs a name and an account."""
        return bool(self.name and self.iban) and LEAST <= self.amount <= MOST


def payment_code(transfer: Transfer) -> segno.QRCode:
    """The QR code of a transfer that can be coded; in UTF-8, which every app reads."""
    return make_epc_qr(
        transfer.name, transfer.iban, transfer.amount, reference=transfer.reference,
        bic=transfer.bic or None, encoding="utf-8",
    )  # fmt: skip
