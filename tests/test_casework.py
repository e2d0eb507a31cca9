"""How accounts are worked: collectors and hand-overs, contact persons, files; as people type it."""

from pathlib import Path

import pytest
from sqlalchemy import update

from arrears.casework.attachments import attach, content_of
from arrears.casework.collectors import NothingToHandOver, hand_over
from arrears.cli.main import run
from arrears.wiring import open_book
from engine import attachments
from engine.domain.decisions.casework import assign_collector, change_contact_person, remove_contact_person
from engine.domain.errors import ContactPersonUnknown, NothingToChange, RoleMissing
from tests.stories import Story, day
from tests.told_book import Terminal, told_book


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    return told_book(tmp_path_factory.mktemp("casework"))


@pytest.fixture
def terminal(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(told, capsys)


# --- collectors -------------------------------------------------------------------------------------------


def test_an_account_goes_from_one_collector_to_another(terminal: Terminal) -> None:
    for number in ("C-1042", "C-2000"):
        assert terminal.answer("assign", number, "mira")["recorded"][0]["collector"] == "mira"
    assert terminal.answer("assign", "C-1042", "mira")["already_known"]
    answer = terminal.answer("hand-over", "mira", "noor", "--note", "away until May")
    assert answer == {"from": "mira", "to": "noor", "accounts": 2}
    account = terminal.answer("account", "C-2000")
    assert account["debtor"]["collector"] == "noor"
    assert "handed over by mira: away until May." in account["timeline"][-1]["what"]
    code, _, err = terminal.ask("hand-over", "mira", "noor")
    assert (code, "works no account" in err) == (3, True)
    assert run(["replay", "--control", "--book", terminal.url]) == 0


def test_a_hand_over_leaves_other_accounts_alone(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story._execute(lambda account, _: assign_collector(account, collector="mira", assigned_on=story.today))
    assert hand_over(story.book, "mira", "noor", story.today, None) == 1
    assert (story.account.collector, story.facts()[-1].model_dump()["reason"]) == ("noor", "hand_over")
    with pytest.raises(NothingToHandOver):
        hand_over(story.book, "mira", "noor", story.today, None)


# --- contact persons --------------------------------------------------------------------------------------


def test_contact_persons_have_roles_and_can_be_taken_off(terminal: Terminal) -> None:
    words = ("contact-person", "C-1042", "PAYABLES")
    code, _, err = terminal.ask(*words, "--name", "Ida Example")
    assert (code, "say which role" in err) == (3, True)
    numbers = ("--phone", "+49 30 5550110", "--phone", "+49 170 5550110")
    terminal.answer(*words, "--role", "accounts_payable", "--name", "Ida Example", *numbers)
    terminal.answer(*words, "--email", "ida@joinery.example")
    terminal.answer("contact-person", "C-1042", "LAW", "--role", "lawyer", "--name", "Example & Partners")
    people = terminal.answer("account", "C-1042")["contact_persons"]
    assert [(one["person"], one["role"], one["name"]) for one in people] == [
        ("PAYABLES", "accounts_payable", "Ida Example"), ("LAW", "lawyer", "Example & Partners"),
    ]  # fmt: skip
    assert people[0]["phones"] == ["+49 30 5550110", "+49 170 5550110"]
    assert people[0]["emails"] == ["ida@joinery.example"]
    terminal.answer("contact-person", "C-1042", "LAW", "--remove")
    account = terminal.answer("account", "C-1042")
    assert [one["person"] for one in account["contact_persons"]] == ["PAYABLES"]
    assert "Ida Example" in terminal.ask("account", "C-1042")[1]


def test_what_is_wrong_with_a_contact_person_is_said(story: Story) -> None:
    story.open()
    on = day("2026-01-01")
    with pytest.raises(RoleMissing):
        change_contact_person(story.account, person="P", changed_on=on, name="Ida Example")
    story._execute(lambda account, _: change_contact_person(
        account, person="Q", changed_on=on, role="owner"
    ))  # fmt: skip
    with pytest.raises(NothingToChange):
        change_contact_person(story.account, person="Q", changed_on=on)
    with pytest.raises(ContactPersonUnknown):
        remove_contact_person(story.account, person="P", changed_on=on)


# --- files ------------------------------------------------------------------------------------------------


def test_a_file_is_attached_listed_and_fetched(terminal: Terminal) -> None:
    Path("order.txt").write_text("twelve chairs\n")
    assert terminal.answer("attach", "C-2000", "order.txt", "--id", "ORDER-1")["recorded"]
    assert terminal.answer("attach", "C-2000", "order.txt")["already_known"], "the same content, once"
    [listed] = terminal.answer("attachments", "C-2000")["attachments"]
    assert (listed["file_name"], listed["media_type"], listed["size_bytes"]) == (
        "order.txt",
        "text/plain",
        14,
    )
    terminal.answer("attachments", "C-2000", "ORDER-1", "--out", "copy.txt")
    assert Path("copy.txt").read_text() == "twelve chairs\n"
    Path("other.txt").write_text("thirteen chairs\n")
    assert terminal.ask("attach", "C-2000", "other.txt", "--id", "ORDER-1")[0] == 3
    Path("empty.txt").touch()
    assert terminal.ask("attach", "C-2000", "empty.txt")[0] == 3
    assert terminal.ask("attachments", "C-2000", "ORDER-2", "--out", "copy.txt")[0] == 3
    assert listed["sha256"] in terminal.ask("account", "C-2000")[1].replace("\n", "")


@pytest.mark.parametrize("size", [attachments.LARGEST_BYTES, attachments.LARGEST_BYTES + 1])
def test_a_file_may_have_ten_mebibytes(story: Story, size: int) -> None:
    story.open()
    if size > attachments.LARGEST_BYTES:
        with pytest.raises(attachments.TooLarge):
            attach(story.book, "A", "scan.tiff", bytes(size))
    else:
        assert attach(story.book, "A", "scan.tiff", bytes(size))


def test_the_bytes_are_sealed_checked_by_their_hash_and_unreadable_once_erased(story: Story) -> None:
    story.open()
    store = story.book.store
    for name in ("F-1", "F-2"):
        attach(story.book, "A", f"{name}.txt", f"the content of {name}".encode(), attachment=name)
    assert content_of(story.book, "A", "F-1")[1] == b"the content of F-1"
    with store.database.begin() as connection:
        rows = connection.execute(attachments.contents.select()).all()
        assert not any(b"content" in bytes(row.content) for row in rows)
        changed = update(attachments.contents).where(attachments.contents.c.attachment == "F-2")
        connection.execute(changed.values(content=rows[0].content))
    checked = attachments.check(store)
    assert (checked.intact, checked.erased) == (1, 0)
    assert ["F-2" in str(fault) for fault in checked.faults] == [True]
    story.erase()
    checked = attachments.check(store)
    assert (checked.intact, checked.erased, checked.faults) == (0, 2, [])
    with pytest.raises(attachments.AttachmentErased):
        attachments.fetch(store, story.account.id, "F-1", story.account.attachments["F-1"].sha256)


def test_verify_names_an_attachment_that_is_not_as_recorded(terminal: Terminal) -> None:
    Path("note.txt").write_text("as agreed\n")
    terminal.answer("attach", "C-1042", "note.txt", "--id", "NOTE-1")
    terminal.answer("seal", "--new-key", "seal.key")
    terminal.answer("seal", "--key", "seal.key")
    assert terminal.answer("verify")["agree"]
    Path("bad.txt").write_text("never agreed\n")
    terminal.answer("attach", "C-1042", "bad.txt", "--id", "BAD-1")
    book = open_book(terminal.url, None, "test")
    attachments.drop(book.store, book.account_id("C-1042"), "BAD-1")
    book.close()
    code, out, _ = terminal.ask("verify")
    assert (code, "BAD-1" in out) == (1, True)
