"""Forms of what a person may record: every request can be typed, and nothing that was typed is lost."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from arrears.access.permissions import COMMANDS, ROLES, may
from arrears.access.tokens import add_token
from arrears.access.users import add_user
from arrears.commands.base import Request
from arrears.commands.carrying import carry_out
from arrears.commands.catalogue import CATALOGUE
from arrears.commands.contacts import RecordCall
from arrears.commands.debtors import Open
from arrears.commands.invoices import RaiseInvoice
from arrears.commands.parsing import parsed
from arrears.commands.preferences import Prefer
from arrears.commands.promises import AgreePlan, EqualParts
from arrears.web.console import application
from arrears.web.forms import Unfit, command_path, read
from arrears.web.inputs import inputs_of
from arrears.web.labels import IN_ONE_FORM, LABELS
from arrears.wiring import Book, open_book
from engine.attachments import LARGEST_BYTES

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
EACH = list(CATALOGUE.values())


# --- what is typed is what is recorded --------------------------------------------------------------------


def typed(value: Any) -> list[str]:
    """The value of an example as somebody would type it."""
    if isinstance(value, dict):
        return ["\n".join(f"{name} {amount}" for name, amount in value.items())]
    if not isinstance(value, list):
        return ["yes" if value is True else "no" if value is False else str(value)]
    if value and isinstance(value[0], dict):
        return ["\n".join(_line(one) for one in value)]
    return ["\n".join(value)]


def _line(one: dict[str, Any]) -> str:
    if "start" in one:
        return f"{one['start']}-{one['end']} {' '.join(one['days'])}"
    return f"{one['on']} {one['amount']}"


@pytest.mark.parametrize("command", EACH, ids=lambda command: command.NAME)
def test_every_request_can_be_typed(command: type[Request]) -> None:
    given = {name: typed(value) for name, value in command.EXAMPLE.items() if name != "account"}
    assert given.keys() <= {one.name for one in inputs_of(command)}
    assert read(command, "ACME", given, BERLIN) == parsed(command, json.dumps(command.EXAMPLE).encode())


def test_moments_are_typed_on_the_clock_of_the_reader() -> None:
    call = read(RecordCall, "ACME", {"outcome": ["busy"], "called_at": ["2026-03-29T03:00"]}, BERLIN)
    assert isinstance(call, RecordCall)
    assert call.called_at == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_plan_is_typed_in_equal_parts_or_part_by_part() -> None:
    sums = {"currency": ["EUR"], "instalments.total": ["120.00"], "instalments.parts": ["3"]}
    equal = read(AgreePlan, "ACME", sums | {"instalments.first_on": ["2026-05-01"]}, BERLIN)
    assert isinstance(equal, AgreePlan)
    assert isinstance(equal.instalments, EqualParts)
    assert (equal.instalments.parts, equal.instalments.every) == (3, "month")
    with pytest.raises(Unfit) as unfit:
        read(AgreePlan, "ACME", sums | {"instalments.parts": ["1"]}, BERLIN)
    assert len(unfit.value.errors["instalments"]) == 2  # too few parts, and no first day: nothing of lines
    with pytest.raises(Unfit) as unfit:
        read(AgreePlan, "ACME", {"currency": ["EUR"], "instalments": ["2026-05-01 5.00\nsoon"]}, BERLIN)
    assert all(said.startswith("line 2, ") for said in unfit.value.errors["instalments"])


def test_all_that_is_wrong_is_said_at_once_of_its_input() -> None:
    with pytest.raises(Unfit) as unfit:
        read(CATALOGUE["promise"], "ACME", {"amount": ["1,5x"], "promised_on": ["soon"]}, BERLIN)
    assert unfit.value.errors.keys() == {"amount", "promised_on", "currency"}
    with pytest.raises(Unfit) as unfit:
        read(Prefer, "ACME", {"inconvenient": ["at night"], "zones": ["Mars/Base"]}, BERLIN)
    assert unfit.value.errors.keys() == {"inconvenient", "zones"}


# --- pages ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """ACME owes INV-1 (120.00 EUR); OTHER owes the same and stays untouched."""
    url = f"sqlite:///{tmp_path_factory.mktemp('forms') / 'book.db'}"
    opened = open_book(url, BERLIN, "a clerk", create=True, plain=True, clock=lambda: NOW)
    for role in ROLES:
        add_user(opened.database, role, role, None, NOW)
    for number in ("ACME", "OTHER", "A/B & co"):
        carry_out(opened, Open(account=number, timezone="Europe/Berlin"))
        invoice = RaiseInvoice.EXAMPLE | {"account": number}
        carry_out(opened, parsed(RaiseInvoice, json.dumps(invoice).encode()))
    yield opened
    opened.close()


@pytest.fixture
def browser(book: Book) -> TestClient:
    """A browser of a manager; a token stands for the session."""
    return browser_of(book, "manager")


def browser_of(book: Book, role: str) -> TestClient:
    _, token = add_token(book.database, role, "tests", NOW)
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(application(book), headers=headers, follow_redirects=False)


def version(book: Book, number: str) -> int:
    with book.account(number) as account:
        return account.version


def shown(page: str, name: str) -> str:
    """What stands in the input of that name."""
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>([^<]*)<', page)
    found = found or re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


@pytest.mark.parametrize("command", EACH, ids=lambda command: command.NAME)
def test_every_form_is_drawn_with_an_input_for_everything(
    browser: TestClient, command: type[Request]
) -> None:
    page = browser.get(command_path("ACME", command.NAME))
    assert page.status_code == 200
    for one in inputs_of(command):
        for name in one.parts:
            assert f'name="{name}"' in page.text, name
            assert len(re.findall(rf'<label for="{re.escape(name)}(?:-1)?"', page.text)) == 1, name


def test_a_form_records_what_was_typed_as_the_user_and_says_so(book: Book, browser: TestClient) -> None:
    before = version(book, "OTHER")
    path = command_path("ACME", "promise")
    page = browser.get(f"{path}?amount=50.00&back=/worklist")
    assert (shown(page.text, "amount"), shown(page.text, "currency")) == ("50.00", "EUR")
    sent = {name: shown(page.text, name) for name in ("amount", "currency", "seen_version", "back")}
    done = browser.post(path, data=sent | {"promised_on": "2026-05-01"})
    assert (done.status_code, done.headers["location"]) == (303, "/worklist")
    fact = book.store.stream(book.account_id("ACME"))[-1].fact
    assert (fact.TOPIC, fact.by) == ("PromiseMade", "manager")
    assert version(book, "OTHER") == before


def test_where_to_go_on_is_a_path_of_ours(browser: TestClient) -> None:
    done = browser.post(command_path("OTHER", "note"), data={"note": "x", "back": "//evil.example/x"})
    assert done.headers["location"] == "/"
    plain = browser.post(command_path("A/B & co", "note"), data={"note": "x"})
    assert plain.headers["location"] == "/accounts/A%2FB%20%26%20co"


def test_what_is_wrong_stands_beside_its_input_and_nothing_is_lost(book: Book, browser: TestClient) -> None:
    before = version(book, "ACME")
    sent = {"amount": "many", "currency": "EURO", "taken_by": "Mira <mira>"}
    page = browser.post(command_path("ACME", "promise"), data=sent)
    assert page.status_code == 422
    for name in ("amount", "currency", "promised_on"):
        assert re.search(rf'<p class="error" id="{name}-error">[^<]+\.</p>', page.text), name
        assert 'aria-invalid="true"' in page.text
    assert {name: shown(page.text, name) for name in sent} == sent
    assert page.text.count('aria-invalid="true"') == 3
    assert version(book, "ACME") == before


def test_what_a_rule_refuses_is_said_and_nothing_is_lost(book: Book, browser: TestClient) -> None:
    sent = {"payment": "PAY-9", "amount": "5.00", "currency": "EUR", "reference": "R-1", "invoices": "INV-X"}
    page = browser.post(command_path("ACME", "pay"), data=sent)
    assert page.status_code == 409
    assert "INV-X" in page.text.split('role="alert"')[1]
    assert (shown(page.text, "payment"), shown(page.text, "reference")) == ("PAY-9", "R-1")
    assert 'value="INV-X" checked' in page.text
    tomorrow_but_one = browser.post(command_path("ACME", "details"), data={"changed_on": "2026-04-22"})
    assert (tomorrow_but_one.status_code, "has not come yet" in tomorrow_but_one.text) == (409, True)


def test_a_form_that_is_out_of_date_says_what_was_recorded_meanwhile(book: Book, browser: TestClient) -> None:
    path = command_path("ACME", "follow-up")
    seen = shown(browser.get(path).text, "seen_version")
    browser.post(command_path("ACME", "note"), data={"note": "rang us meanwhile"})
    sent = {"seen_version": seen, "on": "2026-04-27", "note": "ask again"}
    stale = browser.post(path, data=sent)
    assert stale.status_code == 412
    assert "rang us meanwhile" in stale.text
    assert {name: shown(stale.text, name) for name in ("on", "note")} == {
        "on": "2026-04-27",
        "note": "ask again",
    }
    again = browser.post(path, data=sent | {"seen_version": shown(stale.text, "seen_version")})
    assert again.status_code == 303


def test_an_error_does_not_make_a_form_look_fresh(book: Book, browser: TestClient) -> None:
    path = command_path("ACME", "follow-up")
    seen = shown(browser.get(path).text, "seen_version")
    browser.post(command_path("ACME", "note"), data={"note": "while it was being typed"})
    page = browser.post(path, data={"seen_version": seen, "on": "soon"})
    assert (page.status_code, shown(page.text, "seen_version")) == (422, seen)


def test_nobody_gets_a_form_that_the_table_keeps_from_them(book: Book) -> None:
    for role in ROLES:
        client = browser_of(book, role)
        for name, permission in COMMANDS.items():
            expected = 200 if may(role, permission) else 403
            assert client.get(command_path("ACME", name)).status_code == expected, (role, name)


def test_a_form_of_an_account_that_is_not_there(browser: TestClient) -> None:
    assert "There is no account" in browser.get(command_path("NOBODY", "note")).text
    opened = browser.post(command_path("NEW", "invoice"), data=_invoice())
    assert opened.status_code == 303


def _invoice() -> dict[str, str]:
    return {name: value for name, value in RaiseInvoice.EXAMPLE.items() if name != "account"}


# --- files ------------------------------------------------------------------------------------------------


def test_a_file_is_taken_in_and_given_out_as_a_file(book: Book, browser: TestClient) -> None:
    path = "/accounts/ACME/attachments"
    sent = {"file": ("Vertrag \u00fc.html", b"<script>alert(1)</script>", "text/html")}
    done = browser.post(path, files=sent, data={"note": "signed"})
    assert (done.status_code, done.headers["location"]) == (303, path)
    page = browser.get(path).text
    [address] = re.findall(rf'href="({path}/[^"]+)" download', page)
    assert "signed" in page
    file = browser.get(address)
    assert file.content == b"<script>alert(1)</script>"
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''Vertrag%20%C3%BC.html"
    assert file.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert file.headers["x-content-type-options"] == "nosniff"
    again = browser.post(path, files=sent)
    assert again.status_code == 303
    assert len(re.findall(" download>", browser.get(path).text)) == 1


def test_what_is_no_file_is_refused_in_a_sentence(book: Book, browser: TestClient) -> None:
    path = "/accounts/OTHER/attachments"
    nothing = browser.post(path, data={"note": "kept"})
    assert (nothing.status_code, shown(nothing.text, "note")) == (422, "kept")
    empty = browser.post(path, files={"file": ("x.txt", b"")})
    assert (empty.status_code, "is empty" in empty.text) == (409, True)
    large = browser.post(path, files={"file": ("x.bin", b"x" * (LARGEST_BYTES + 1))})
    assert large.status_code == 409
    assert browser.get(f"{path}/none").status_code == 404
    assert browser_of(book, "viewer").post(path, files={"file": ("x.txt", b"x")}).status_code == 403
    assert browser_of(book, "viewer").get(path).status_code == 200


# --- what inputs are called -------------------------------------------------------------------------------


@pytest.mark.parametrize("command", EACH, ids=lambda command: command.NAME)
def test_no_two_inputs_of_a_form_are_called_alike(command: type[Request]) -> None:
    labels = [one.label for one in inputs_of(command)]
    assert len(set(labels)) == len(labels)


def test_labels_name_fields_that_there_are() -> None:
    fields = {name for command in EACH for name in command.model_fields}
    assert fields >= LABELS.keys()
    assert {(command.NAME, name) for command in EACH for name in command.model_fields} >= IN_ONE_FORM.keys()
