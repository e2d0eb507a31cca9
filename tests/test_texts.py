"""The texts of contacts: each invoice at its own step, in the debtor's language and figures."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from arrears.cli.main import run
from arrears.delivery.contact import Contact, templates_of
from arrears.delivery.locales import amount_text, locale_of
from arrears.delivery.recipient import Creditor, Recipient, recipient
from arrears.delivery.render import Message, render
from arrears.delivery.short import ALPHABET, TWO_PLACES, in_alphabet, places
from arrears.delivery.templates import (
    UnknownLanguage,
    UnknownTemplate,
    best_language,
    languages,
    sources,
    template,
    template_names,
)
from arrears.wiring import shipped_policies
from engine.domain.facts.accounts import AccountOpened, DebtorDetailsChanged
from engine.domain.facts.base import Erased
from engine.domain.facts.contacts import CallScheduled, Demanded, Line, ReminderIssued
from policies.document import parse
from tests.told_book import Terminal, told_book

NINE_IN_BERLIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
BAKERY = Recipient("C-7", "Bäckerei Müller & Söhne", "business", "DE", "Europe/Berlin", "de", "Weg 1, Berlin")
EVERY_TEXT = [(name, language) for name in template_names() for language in languages()]
STEPS = {"letter": "collection-notice", "final-letter": "final-letter-seven-days"}


def owed(item: str, step: str, amount: str, currency: str = "EUR", days: int = 30) -> Line:
    due_on = date(2026, 1, 31)
    return Line(
        item=item, step=step, open=Decimal(amount), currency=currency, due_on=due_on, days_past_due=days
    )


def letter(name: str, *lines: Line, step: str = "final-letter", asked: str = "") -> ReminderIssued:
    demand = (Demanded(currency="EUR", amount=Decimal(asked)),) if asked else ()
    return ReminderIssued(
        contact="c", channel="letter", template=name, step=step, lines=lines, demand=demand,
        issued_at=NINE_IN_BERLIN,
    )  # fmt: skip


def written(contact: Contact, to: Recipient = BAKERY, language: str = "en", name: str = "") -> Message:
    return render(contact, to, Creditor(name), language, STEPS)


@pytest.mark.parametrize(("name", "language"), EVERY_TEXT)
def test_every_text_says_what_is_owed_in_every_language(name: str, language: str) -> None:
    contact: Contact = letter(
        name, owed("INV-1", "final-letter", "1234.50"), owed("INV-2", "letter", "80.00")
    )
    if template(name, language).kind == "call":
        contact = CallScheduled(
            contact="c", script=name, step="final-letter", lines=contact.lines, scheduled_at=NINE_IN_BERLIN
        )
    message = written(contact, language=language, name="Example Trading")
    for form in (message.text, message.html):
        for figure in ("INV-1", "INV-2", "Example Trading", "31", "30", "80,00"):
            assert figure in form, figure
        assert not re.search(r"\{\{|\{%|None|\[erased\]", form)
    assert message.subject
    assert "\n" not in message.subject


def test_the_texts_are_those_that_the_shipped_policies_use() -> None:
    policies = [parse(document) for document in shipped_policies().values()]
    used = {text for policy in policies for text in templates_of(policy).values()}
    assert used == set(template_names())


def test_each_invoice_stands_at_its_own_step_and_the_threat_touches_only_its_own() -> None:
    late, later = owed("INV-1", "final-letter", "100.00"), owed("INV-2", "letter", "50.00", days=1)
    text = " ".join(written(letter("final-letter-seven-days", late, later)).text.split())
    assert "INV-1 (last letter) due on 31 January 2026, 30 days past due" in text
    assert "INV-2 (collection notice) due on 31 January 2026, 1 day past due" in text
    assert "Please pay INV-1, or get in touch with us, by 9 March 2026." in text
    assert "handing this invoice to a collection agency" in text


def test_a_step_of_a_text_that_is_not_ours_is_called_by_its_id() -> None:
    assert "INV-1 (odd-step)" in written(letter("collection-notice", owed("INV-1", "odd-step", "1.00"))).text


def test_what_is_asked_for_is_told_apart_from_what_is_listed() -> None:
    line = owed("INV-1", "letter", "100.00")
    same = written(letter("collection-notice", line, asked="100.00")).text
    less = written(letter("collection-notice", line, asked="70.00")).text
    assert ("whole account" in same, "whole account" in less) == (False, True)
    assert "less money not yet allocated: 70,00 €." in " ".join(re.split(r"[ \n]+", less)).replace(
        "\xa0", " "
    )


def read_out(count: int, language: str, most: int | None = None) -> str:
    """A script about so many items of 100.00, the last of which is the oldest, in one line."""
    lines = [owed(f"INV-{n}", "call", "100.00", days=n) for n in range(1, count + 1)]
    lines = [
        one.model_copy(update={"due_on": date(2026, 3, 2) - timedelta(one.days_past_due)}) for one in lines
    ]
    call = CallScheduled(
        contact="c", script="first-call", step="call", lines=tuple(lines), scheduled_at=NINE_IN_BERLIN
    )
    text = render(call, BAKERY, Creditor("Trader"), language, STEPS, most=most).text
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("count", "language", "said"),
    [
        (13, "en", "1 more is not listed here; open on all of them together: 1.300,00 €."),
        (1512, "en", "1.500 more are not listed here; open on all of them together: 151.200,00 €."),
        (13, "de", "1 weitere ist hier nicht aufgeführt; offen auf allen zusammen: 1.300,00 €."),
        (1512, "de", "1.500 weitere sind hier nicht aufgeführt; offen auf allen zusammen: 151.200,00 €."),
        (13, "fr", "1 autre ne figure pas ici ; solde de l’ensemble : 1 300,00 €."),
        (1512, "fr", "1 500 autres ne figurent pas ici ; solde de l’ensemble : 151 200,00 €."),
        (13, "es", "Otra no figura aquí; pendiente en el conjunto: 1.300,00 €."),
        (1512, "es", "Otras 1.500 no figuran aquí; pendiente en el conjunto: 151.200,00 €."),
    ],
)
def test_a_script_lists_the_oldest_and_says_how_many_more_there_are(
    count: int, language: str, said: str
) -> None:
    text = read_out(count, language, most=12)
    assert said in text
    assert re.findall(r"INV-(\d+)", text) == [str(n) for n in range(count, count - 12, -1)]


@pytest.mark.parametrize("language", languages())
def test_what_is_sent_lists_all_items_and_so_does_a_script_that_has_no_more(language: str) -> None:
    assert len(re.findall("INV-", read_out(40, language))) == 40
    assert read_out(12, language, most=12) == read_out(12, language)


def test_words_of_a_books_own_that_lack_the_sentence_count_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = re.sub(r"{% macro more.*\n", "", sources()["en/_words.j2"])
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "_words.j2").write_text(words, "utf-8")
    monkeypatch.setenv("ARREARS_TEXTS", str(tmp_path))
    assert "+ 28: 4.000,00 €" in read_out(40, "en", most=12)


@pytest.mark.parametrize(
    ("amount", "currency", "language", "country", "text"),
    [
        ("1234.50", "EUR", "de", "DE", "1.234,50 €"),
        ("1234.50", "CHF", "de", "CH", "CHF 1’234.50"),
        ("1234.50", "EUR", "fr", "FR", "1 234,50 €"),
        ("1234.50", "USD", "en", "US", "$1,234.50"),
        ("1234", "JPY", "en", "JP", "¥1,234"),
        ("1.234", "KWD", "en", None, "KWD 1.234"),
        ("1.234", "IQD", "en", None, "IQD 1.234"),  # CLDR would round it to no decimals
    ],
)
def test_amounts_are_written_as_where_the_debtor_is_and_never_rounded(
    amount: str, currency: str, language: str, country: str | None, text: str
) -> None:
    shown = amount_text(Decimal(amount), currency, locale_of(language, country))
    assert re.sub(r"\s", " ", shown) == text


def test_the_date_is_the_debtors_own() -> None:
    late_in_utc = letter("collection-notice", owed("INV-1", "letter", "1.00")).model_copy(
        update={"issued_at": datetime(2026, 3, 1, 23, 30, tzinfo=UTC)}
    )
    assert "2 March 2026" in written(late_in_utc).text


def test_where_to_pay_and_what_to_state_stands_in_one_block() -> None:
    creditor = Creditor("Example Trading", iban="DE89370400440532013000", bic="COBADEFFXXX")
    contact = letter("collection-notice", owed("INV-1", "letter", "100.00"), asked="70.00")
    text = render(contact, BAKERY, creditor, "en", STEPS, reference="RF18539007547034").text
    block = text.replace("\xa0", " ").split("match your payment:\n")[1].split("\n\n")[0].split("\n")
    assert block == [
        "  Payee: Example Trading", "  IBAN: DE89 3704 0044 0532 0130 00", "  BIC: COBADEFFXXX",
        "  Amount: 70,00 €", "  Payment reference: RF18 5390 0754 7034",
    ]  # fmt: skip


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("channel", ["letter", "email", "sms"])
def test_what_has_to_be_said_is_said_on_every_channel(language: str, channel: Any) -> None:
    contact = letter("collection-notice", owed("INV-1", "letter", "100.00")).model_copy(
        update={"channel": channel, "time_barred": ("OLD-7",), "purpose": "validation-notice"}
    )
    plain = contact.model_copy(update={"time_barred": (), "purpose": "collect"})
    message = render(contact, BAKERY, Creditor(), language, STEPS, "https://x.example/stop")
    usual = render(plain, BAKERY, Creditor(), language, STEPS)
    thirty = {"en": "thirty days", "de": "dreißig Tagen", "fr": "trente jours", "es": "treinta d"}
    for form, bare in ((message.text, usual.text), (message.html, usual.html)):
        said = " ".join(re.split(r"\s+", form))
        assert ("OLD-7" in said, thirty[language] in said, "https://x.example/stop" in said) == (True,) * 3
        assert ("OLD-7" in bare, "x.example" in bare) == (False, False)


@pytest.mark.parametrize("name", [name for name in template_names() if template(name, "en").kind == "letter"])
@pytest.mark.parametrize("language", languages())
def test_a_text_message_fits_into_one_in_the_alphabet_of_text_messages(name: str, language: str) -> None:
    lines = [owed(f"INV-{number}", "final-letter", "1234.50") for number in (1001, 1002)]
    contact = letter(name, *lines).model_copy(update={"channel": "sms"})
    creditor = Creditor("Example Trading", reach="+49 30 000000")
    text = render(contact, BAKERY, creditor, language, STEPS, reference="RF18539007547034").text.strip()
    assert set(text) <= ALPHABET | TWO_PLACES
    assert places(text) <= 160, text
    assert ("INV-1001 +1" in text, "469,00 €" in text, "RF18 5390 0754 7034" in text) == (True,) * 3


def test_what_the_alphabet_lacks_is_replaced_by_what_is_like_it_and_nothing_is_lost() -> None:
    assert in_alphabet("Último día, l’ê “Ł” Müller… 1\xa0€") == 'Ultimo dia, l\'e "Ł" Müller... 1 €'
    assert in_alphabet("Оплата") == "Оплата"


def test_one_invoice_and_several_are_told_apart() -> None:
    lines = [owed(f"INV-{number}", "final-letter", "10.00", days=-3) for number in (1, 2)]
    for language in languages():
        one, several = (
            written(letter("coming-due", *some), language=language) for some in (lines[:1], lines)
        )
        assert one.subject != several.subject
    several = written(letter("final-demand", *lines))
    assert "further steps to collect these invoices" in " ".join(several.text.split())


def test_what_was_erased_leaves_a_placeholder_and_names_cannot_break_out_of_html() -> None:
    line = owed("INV-<1>", "letter", "1.00")
    gone = Recipient(Erased(), Erased(), address=Erased())
    assert written(letter("collection-notice", line), gone, "de").text.count("[gelöscht]") == 3
    crafty = Recipient("C-1", "<script>alert(1)</script>{{ words }}")
    html = written(letter("collection-notice", line), crafty).html
    assert ("<script>" in html, "&lt;script&gt;" in html, "INV-&lt;1&gt;" in html) == (False, True, True)


def test_without_a_setting_the_creditor_is_neutral() -> None:
    text = written(letter("collection-notice", owed("INV-1", "letter", "1.00"))).text
    assert text.startswith("Accounts receivable\n")


def test_the_language_is_the_debtors_where_there_are_texts_in_it() -> None:
    assert [best_language(one) for one in ("de", "de-CH", "FR_ca", "ja", None)] == [
        "de",
        "de",
        "fr",
        "en",
        "en",
    ]
    with pytest.raises(UnknownLanguage):
        template("collection-notice", "ja")
    for name in ("no-such-text", "_words", "../letter"):
        with pytest.raises(UnknownTemplate):
            template(name, "en")


def test_the_digest_is_of_one_text_in_one_language() -> None:
    assert len({template(*one).sha256 for one in EVERY_TEXT}) == len(EVERY_TEXT)


def test_the_recipient_is_who_the_facts_say() -> None:
    facts = [
        AccountOpened(number="C-7", opened_on=date(2026, 1, 1), name="Old Name", language="de", country="DE"),
        DebtorDetailsChanged(changed_on=date(2026, 2, 1), name="New Name"),
    ]
    assert recipient(facts) == Recipient("C-7", "New Name", country="DE", language="de")
    assert recipient(facts[:1]).name == "Old Name"


# --- at the terminal --------------------------------------------------------------------------------------


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(told_book(tmp_path), capsys)


def test_texts_are_listed_shown_and_previewed_on_an_account(terminal: Terminal) -> None:
    listed = {row["template"]: row for row in terminal.answer("template", "list")["templates"]}
    assert listed["first-call"]["kind"] == "call"
    assert "notice-calls-agency/notice" in listed["collection-notice"]["used"]
    shown = terminal.answer("template", "show", "collection-notice", "--language", "de")
    assert shown["sha256"] == listed["collection-notice"]["sha256"]["de"]
    before = terminal.ask("export", "facts")[1]
    preview = terminal.answer("template", "preview", "C-1042", "collection-notice", "--creditor", "Ex Ltd")
    assert ("Dear Example Joinery," in preview["text"], "Ex Ltd" in preview["html"]) == (True, True)
    assert "INV-9" not in preview["text"]
    assert terminal.ask("template", "preview", "C-1042", "first-call", "--html")[1].startswith(
        "<!DOCTYPE html>"
    )
    assert terminal.ask("export", "facts")[1] == before


def test_a_step_is_previewed_on_each_channel_and_nothing_is_recorded(
    terminal: Terminal, tmp_path: Path
) -> None:
    for channel, language in product(("letter", "email", "sms"), languages()):
        words = ["template", "preview", "C-1042", "notice", "--channel", channel, "--language", language]
        shown = terminal.answer(*words)
        assert (shown["template"], shown["channel"]) == ("collection-notice", channel)
        assert re.search(r"RF\d\d( \w{4}){3}", shown["text"])
        assert ("unsubscribe" in shown["text"]) == (channel != "letter")
    assert "\n\n" not in terminal.ask("template", "preview", "C-1042", "notice", "--channel", "sms")[1]
    pdf = tmp_path / "notice.pdf"
    words = ["template", "preview", "C-1042", "notice", "--pdf", str(pdf)]
    assert terminal.ask(*words)[0] == 3  # nobody knows where the debtor lives
    assert terminal.ask("details", "C-1042", "--address", "Weg 1, Ort")[0] == 0
    before = terminal.ask("export", "facts")[1]
    assert terminal.ask(*words) == (0, "", "")
    assert "Weg 1" in PdfReader(pdf).pages[0].extract_text()
    assert terminal.ask("export", "facts")[1] == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["show", "no-such-text"], 2, "there is no template 'no-such-text'"),
        (["show", "first-call", "--language", "ja"], 2, "there are no texts in 'ja'"),
        (["preview", "C-9", "first-call"], 3, "C-9"),
        (["preview", "C-1042", "no-such-text"], 2, "there is no template"),
    ],
)
def test_what_is_not_there_is_said(words: list[str], code: int, said: str, terminal: Terminal) -> None:
    done, out, err = terminal.ask("template", *words)
    assert (done, out, said in err) == (code, "", True), err


def test_an_account_that_owes_nothing_gets_no_text(terminal: Terminal) -> None:
    assert run(["open", "C-3", "--book", terminal.url]) == 0
    assert terminal.ask("template", "preview", "C-3", "collection-notice")[0] == 3
