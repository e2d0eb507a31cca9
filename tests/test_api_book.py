"""What is done to the whole book over HTTP: policies, going live, files, users, long work, seals."""

import io
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from arrears.api.routes import PREFIX
from arrears.wiring import Book, open_book
from engine.sealing.keys import new_key, read_key
from engine.sealing.seal import seal
from tests.api_story import Caller, Given

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
GENTLE = """name = "gentle"
title = "One letter, a week after the due date"

[[steps]]
id = "reminder"
title = "Reminder"
days_past_due = 7
remind = { channel = "letter", template = "gentle-reminder" }
"""
INVOICES = "account,invoice,issued_on,due_on,amount,currency\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    url = f"sqlite:///{tmp_path_factory.mktemp('whole') / 'book.db'}"
    opened = open_book(url, None, "a clerk", create=True, clock=lambda: NOON)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def manager(book: Book) -> Caller:
    caller = Caller(book, "administrator", "mira")
    send(caller, "/imports/invoices", file=csv("A-1,INV-1,2026-01-05,2026-02-04,120.00,EUR"), backfill="true")
    caller.done("open", {"account": "BYSTANDER", "opened_on": "2026-01-01"})
    return caller


def csv(*lines: str) -> str:
    return INVOICES + "".join(f"{line}\n" for line in lines)


def send(caller: Caller, path: str, *, file: str | bytes, name: str = "sent.csv", **fields: str) -> Any:
    return caller.client.post(f"{PREFIX}{path}", files={"file": (name, file)}, data=fields)


def do(caller: Caller, path: str, given: Given | None = None, status: int = 200) -> Any:
    answer = caller.client.post(f"{PREFIX}{path}", json=given)
    assert answer.status_code == status, answer.text
    return answer.json()


# --- policies and the engine ------------------------------------------------------------------------------


def test_a_policy_is_checked_published_assigned_and_retired(manager: Caller, book: Book) -> None:
    assert do(manager, "/policies/check", {"document": GENTLE})["calendar"][0]["step"] == "reminder"
    assert "gentle" not in book.engine.policies().versions, "checking records nothing"

    published = do(manager, "/policies/publish", {"document": GENTLE})
    assert (published["recorded"], published["policy"]) == (True, "gentle")
    assert do(manager, "/policies/publish", {"document": GENTLE})["recorded"] is False
    assert do(manager, "/policies/gentle/assign", {"account": "BYSTANDER"})["recorded"] is True
    assert manager.get("/accounts/BYSTANDER").json()["debtor"]["policy"] == "gentle"
    assert do(manager, "/policies/gentle/default", {"from": "2026-09-01"})["recorded"] is True
    assert do(manager, "/policies/thirty-sixty-ninety/retire")["recorded"] is True
    facts = [stored.fact for stored in book.store.stream("policies")]
    assert {fact.by for fact in facts[-3:]} == {"mira"}


def test_what_is_no_policy_is_refused_with_all_its_faults(manager: Caller) -> None:
    wrong = do(manager, "/policies/publish", {"document": 'name = "x"\n[[steps]]\nid = "a"\n'}, 422)
    assert wrong["title"] == "PolicyInvalid"
    assert do(manager, "/policies/nothing/retire", status=404)["title"] == "UnknownPolicy"


def test_a_backfilled_account_goes_live_and_the_engine_is_woken(manager: Caller, book: Book) -> None:
    assert do(manager, "/tick")["not_live"] == 1
    assert do(manager, "/go-live", {"on": "2026-06-30", "invoices": "from-step"}, 422)["title"] == "BodyUnfit"
    live = do(manager, "/go-live", {"on": "2026-06-30", "invoices": "from-step", "step": "notice"})
    assert live == {"live": 1}
    assert do(manager, "/tick")["facts"] == {"ReminderIssued": 1}
    assert do(manager, "/tick", {"at": "2027-01-01T00:00Z"}, 422)["title"] == "NotYet"


def test_accounts_are_handed_over(manager: Caller) -> None:
    manager.done("assign", {"account": "BYSTANDER", "collector": "kim"})
    assert do(manager, "/hand-over", {"from": "kim", "to": "lee"}) == {
        "from": "kim",
        "to": "lee",
        "accounts": 1,
    }
    assert manager.get("/accounts", collector="lee").json()["accounts"][0]["account"] == "BYSTANDER"


# --- files ------------------------------------------------------------------------------------------------


def test_an_import_is_looked_at_before_it_is_stored(manager: Caller, book: Book) -> None:
    before = book.store.end
    good = csv("A-2,INV-1,2026-05-01,2026-05-31,80.00,EUR", "A-2,INV-2,2026-05-01,2026-05-31,20.00,EUR")
    looked = send(manager, "/imports/invoices", file=good, preview="true").json()
    assert (looked["stored"]["InvoiceRaised"], looked["faults"], book.store.end) == (2, [], before)

    bad = good + "A-2,INV-3,yesterday,2026-05-31,x,EUR\n"
    for preview, status in ((True, 200), (False, 422)):
        refused = send(manager, "/imports/invoices", file=bad, name="bad.csv", preview=str(preview))
        assert refused.status_code == status
        told = refused.json() if preview else refused.json()["data"]
        assert [(one["file"], one["line"], one["column"]) for one in told["faults"]] == [
            ("bad.csv", 4, "issued_on"), ("bad.csv", 4, "amount"),
        ]  # fmt: skip
    assert book.store.end == before

    stored = send(manager, "/imports/invoices", file=bad, skip_bad="true").json()
    assert stored["stored"]["InvoiceRaised"] == 2
    assert send(manager, "/imports/invoices", file=good).json()["already_known"] == 2
    assert send(manager, "/imports/invoices", file=good, map="/etc/passwd").json()["title"] == "MapUnknown"


def test_another_ledger_is_compared_with_the_book(manager: Caller, book: Book) -> None:
    rows = manager.get("/reports/aging", by="account").json()["rows"]
    lines = [f"{row['key']},{row['currency']},{row['total']}" for row in rows]
    agreed = send(manager, "/reconciliations", file="\n".join(["account,currency,balance", *lines])).json()
    assert (agreed["agree"], agreed["compared"], agreed["differences"]) == (True, len(rows), [])
    told = send(manager, "/reconciliations", file="account,currency,balance\n" + "\n".join(lines[1:])).json()
    first = rows[0]
    assert told["differences"] == [{
        "account": first["key"], "currency": first["currency"], "file": None, "book": first["total"],
        "difference": first["total"],
    }]  # fmt: skip
    refused = send(manager, "/reconciliations", file="account,currency,balance\nA-2,EURO,1\n,EUR,1.234\n")
    assert refused.status_code == 422
    assert [(one["line"], one["column"]) for one in refused.json()["data"]["faults"]] == [
        (2, "currency"), (3, "account"), (3, "balance"),
    ]  # fmt: skip


def test_a_file_is_attached_and_comes_back_as_it_was(manager: Caller) -> None:
    sent = send(
        manager, "/accounts/BYSTANDER/attachments", file=b"%PDF-1.7", name="../offer.pdf", note="signed"
    )
    assert sent.status_code == 201, sent.text
    [row] = manager.get("/accounts/BYSTANDER/attachments").json()["attachments"]
    assert (row["file_name"], row["size_bytes"], row["note"]) == ("offer.pdf", 8, "signed")
    back = manager.get(f"/accounts/BYSTANDER/attachments/{row['attachment']}")
    assert (back.content, back.headers["content-type"]) == (b"%PDF-1.7", "application/octet-stream")
    assert manager.get("/accounts/BYSTANDER/attachments/nothing").status_code == 404


# --- users ------------------------------------------------------------------------------------------------


def test_a_user_is_added_given_a_token_and_locked_out(manager: Caller) -> None:
    added = do(manager, "/users", {"name": "kim", "role": "viewer"}, 201)
    assert added == {"name": "kim", "role": "viewer", "disabled": False, "password": False}
    token = do(manager, "/tokens", {"user": "kim", "label": "a test"}, 201)
    kim = {"Authorization": f"Bearer {token['token']}"}
    assert manager.get("/me", headers=kim).json()["name"] == "kim"
    assert manager.get("/users", headers=kim).status_code == 403
    assert do(manager, "/users/kim/role", {"role": "collector"})["role"] == "collector"
    assert do(manager, "/users/kim/password", {"password": "short"}, 422)["title"] == "BodyUnfit"
    assert "token" not in manager.get("/tokens", user="kim").json()["tokens"][0]

    do(manager, f"/tokens/{token['id']}/revoke")
    assert manager.get("/me", headers=kim).status_code == 401
    assert do(manager, "/users/kim/disable")["disabled"] is True
    assert do(manager, "/users/kim/enable")["disabled"] is False
    assert do(manager, "/users/mira/disable", status=409)["title"] == "LastAdministrator"
    assert do(manager, "/users/nobody/disable", status=404)["title"] == "UserUnknown"


# --- long work --------------------------------------------------------------------------------------------


def finished(caller: Caller, path: str, given: Given | None = None) -> Given:
    """The work that a request began, when it has ended."""
    begun = do(caller, path, given, 202)
    until = time.monotonic() + 60
    while (work := caller.get(f"/works/{begun['id']}").json())["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.02)
    return dict(work)


def test_long_work_is_begun_and_looked_at(manager: Caller, book: Book, tmp_path: Path) -> None:
    checked = finished(manager, "/checks")
    assert (checked["kind"], checked["state"], checked["answer"]["agree"]) == ("check", "done", True)
    assert finished(manager, "/rebuilds")["answer"]["facts"] == book.store.end
    assert manager.get("/works").json()["works"][0]["kind"] == "rebuild"
    assert manager.get("/works/000000000000").status_code == 404

    unsealed = finished(manager, "/verifications")
    assert (unsealed["state"], "nothing of this book is sealed" in unsealed["fault"]) == ("failed", True)
    assert manager.get("/checkpoints").json() == {"checkpoints": [], "next": None}
    public = new_key(tmp_path / "seal.key")
    seal(book.store, read_key(tmp_path / "seal.key"), NOON)
    [held] = manager.get("/checkpoints").json()["checkpoints"]
    verified = finished(manager, "/verifications", {"checkpoints": [held], "public_keys": [public]})
    assert (verified["answer"]["agree"], verified["answer"]["held_outside"]) == (True, book.store.end)
    proof = do(manager, "/proofs", {"account": "A-1"})
    assert (len(proof["proof"]["facts"]) > 1, proof["not_sealed_yet"]) == (True, 0)


def test_what_another_policy_would_have_done_is_found_out_in_the_background(manager: Caller) -> None:
    replayed = finished(manager, "/replays", {"document": GENTLE, "for_all": True, "accounts": ["A-1"]})
    assert (replayed["state"], replayed["fault"]) == ("done", None)
    assert replayed["answer"]["accounts"] == 1
    assert [one["account"] for one in replayed["answer"]["timelines"]] == ["A-1"]
    ahead = finished(manager, "/forecasts", {"days": 30, "accounts": ["A-1"]})
    assert (ahead["kind"], ahead["answer"]["accounts"]) == ("forecast", 1)


def test_a_past_period_is_judged_again_and_other_edges_adopted(manager: Caller, book: Book) -> None:
    judged = finished(manager, "/reevaluate/promises", {"document": GENTLE, "from": "2026-01-01"})
    assert (judged["state"], judged["answer"]["promises"], judged["answer"]["adopted"]) == ("done", 0, None)
    edges = {"edges": [15, 45], "as_of": "2026-06-30"}
    [day] = do(manager, "/reevaluate/buckets", edges)["days"]
    assert (day["present_edges"], day["given"][0]["46+"]) == ([30, 60, 90], "120.00")
    assert do(manager, "/reevaluate/buckets", {"edges": [45, 15]}, 422)["title"] == "BodyUnfit"
    adopted = do(manager, "/reevaluate/buckets/adopt", {"edges": [15, 45], "reason": "as the group reports"})
    assert adopted["adopted"] == 1
    assert manager.get("/reports/aging").json()["edges"] == [15, 45]


def test_a_dispute_bundle_is_given_out(manager: Caller) -> None:
    answer = manager.get("/accounts/A-1/dossier", language="de")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''dossier-A-1.zip"
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert any(name.endswith(".pdf") for name in names)
    assert manager.get("/accounts/A-1/dossier", language="xx").status_code == 422


def test_the_document_can_be_read_without_signing_in(manager: Caller) -> None:
    page = manager.client.get(f"{PREFIX}/docs", headers={"Authorization": ""})
    assert page.status_code == 200
    assert "POST /policies/publish" in page.text
    assert "Needs the permission <code>policies</code>." in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1", "").split("</style>")[0]


# --- erasing ----------------------------------------------------------------------------------------------


def test_a_person_is_erased(manager: Caller) -> None:
    manager.done("open", {"account": "GONE", "name": "Nobody Known", "opened_on": "2026-01-01"})
    tag = manager.get("/accounts/GONE").headers["ETag"]
    assert do(manager, "/accounts/GONE/erase", {"reason": "asked for it"})["key_destroyed"] is True
    after = manager.get("/accounts/GONE", headers={"If-None-Match": tag})
    assert (after.status_code, "Nobody Known" in after.text) == (200, False)
    assert do(manager, "/accounts/GONE/erase", {"reason": "again"})["already_erased"] is True
