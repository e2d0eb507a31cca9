"""Payments find their account: by a reference that follows from it, and a code that banking apps read."""

from decimal import Decimal
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from stdnum import iso11649

from arrears.imports.importing import Import, Imported, bring_in
from arrears.imports.reading import read_rows
from arrears.remittance.epc import Transfer, payment_code
from arrears.remittance.reference import in_fours, payment_reference, references_in, span
from tests.stories import Story

PREFIX = "account-"
IBAN = "DE89370400440532013000"


@given(st.uuids())
def test_a_reference_is_valid_stays_the_same_and_leads_back_to_its_stream(one: UUID) -> None:
    stream = f"{PREFIX}{one}"
    reference = payment_reference(stream)
    assert (iso11649.validate(reference), payment_reference(stream)) == (reference, reference)
    lowest, highest = span(reference, PREFIX)
    assert lowest <= stream <= highest


@given(st.uuids(), st.sampled_from(["", " ", "-", "."]), st.integers(4, 15))
def test_it_is_found_in_what_payers_write_and_a_mistyped_one_is_not(
    one: UUID, between: str, place: int
) -> None:
    reference = payment_reference(f"{PREFIX}{one}")
    written = between.join(reference[start : start + 4] for start in range(0, len(reference), 4))
    for text in (written, f"Rechnung 4711 / {written.lower()}, danke", f"{written}\n{in_fours(reference)}"):
        assert references_in(text) == [reference]
    alike = "01" if reference[place].isdigit() else "AB"  # a letter for a digit may pass the check
    wrong = alike[reference[place] == alike[0]]
    assert references_in(f"{reference[:place]}{wrong}{reference[place + 1 :]}") == []
    assert references_in(f"X{reference}") == references_in(f"{reference}9") == []


def brought(story: Story, folder: Path, *rows: str, skip_bad: bool = False) -> Imported:
    file = folder / "payments.csv"
    file.write_text("\n".join(["account,payment,received_on,amount,currency,reference", *rows]) + "\n")
    how = Import("live", "a clerk", story.now, story.book.zone, skip_bad)
    return bring_in(story.book.engine, [read_rows(file, "payments")], how)


def test_a_payment_without_an_account_goes_to_that_of_its_reference(story: Story, tmp_path: Path) -> None:
    story.invoice("INV-1", "100.00", due="2026-01-02")
    reference = payment_reference(story.account.id)
    row = f'"",P-7,2026-01-01,60.00,EUR,"Thanks, {in_fours(reference)}"'
    assert brought(story, tmp_path, row).stored == {"PaymentReceived": 1}
    assert str(story.account.open_items["INV-1"].open) == "40.00"
    assert brought(story, tmp_path, row).already_known == 1
    named = brought(story, tmp_path, f"A,P-8,2026-01-01,10.00,EUR,{reference}")
    assert named.stored == {"PaymentReceived": 1}


def test_what_leads_to_no_account_is_refused_with_its_line(story: Story, tmp_path: Path) -> None:
    story.open()
    story.open("C")
    erased = payment_reference(story._ids["C"])
    story.book.erase("C", story.today, "a request", force=True)
    unknown = payment_reference(f"{PREFIX}{UUID(int=7)}")
    own = payment_reference(story._ids["B"])
    refused = brought(
        story, tmp_path, f",P-1,2026-01-01,1.00,EUR,{unknown}", ",P-2,2026-01-01,1.00,EUR,for INV-1",
        f",P-3,2026-01-01,1.00,EUR,{own} {unknown}", f",P-4,2026-01-01,1.00,EUR,{erased}",
        f",P-5,2026-01-01,1.00,EUR,{own}",
    )  # fmt: skip
    said = [str(fault) for fault in refused.faults]
    assert refused.stored == {}
    assert [text.split(":")[0] for text in said] == [
        "payments.csv, line 3, reference", "payments.csv, line 4, reference",
        "payments.csv, line 2", "payments.csv, line 5",
    ]  # fmt: skip
    assert f"no account of this book has the payment reference {unknown}" in said[2]
    assert "was erased" in said[3]


# --- the payment code -------------------------------------------------------------------------------------


def test_the_code_says_whom_how_much_and_what_for() -> None:
    transfer = Transfer("Bäckerei Süd", IBAN, "COBADEFFXXX", Decimal("1234.50"), "RF18539007547034")
    assert payload(transfer) == [
        "BCD", "002", "1", "SCT", "COBADEFFXXX", "Bäckerei Süd", IBAN, "EUR1234.5", "", "RF18539007547034",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "can"),
    [("0.00", False), ("0.01", True), ("999999999.99", True), ("1000000000.00", False)],
)
def test_the_scheme_has_limits(amount: str, can: bool) -> None:
    transfer = Transfer("Example Trading", IBAN, "", Decimal(amount), "RF18539007547034")
    assert transfer.can_be_coded is can
    if can:
        assert payload(transfer)[7] == f"EUR{Decimal(amount).normalize():f}"


def payload(transfer: Transfer) -> list[str]:
    """The lines that a scanner reads from the code's picture."""
    picture = BytesIO()
    payment_code(transfer).save(picture, kind="png", scale=4)
    picture.seek(0)
    [read] = zxingcpp.read_barcodes(Image.open(picture))
    return str(read.text).split("\n")
