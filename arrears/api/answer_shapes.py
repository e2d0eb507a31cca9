"""The shapes of the answers of queries, by the names under which the OpenAPI document has them."""

from arrears.api.shapes import (
    AMOUNT,
    ANY,
    DAY,
    FLAG,
    MOMENT,
    TEXT,
    WHOLE,
    Shape,
    by_name,
    each,
    maybe,
    one_of,
    shaped,
    together,
)

AMOUNTS = by_name(AMOUNT)
CLOCKS = shaped({"note": TEXT}, as_of=DAY, as_known=maybe(MOMENT))
PARTS = by_name(by_name(AMOUNT, "part: principal, interest, fees, unapplied"))
FIELDS: Shape = {"type": "object", "description": "what the fact says; its fields depend on its topic"}


def asked(**names: Shape) -> Shape:
    """An answer on two clocks."""
    return together(CLOCKS, shaped(**names))


def page(name: str, row: Shape, **more: Shape) -> Shape:
    """A page of a list on two clocks."""
    return asked(**more, **{name: each(row)}, next=NEXT)


NEXT = maybe({"type": "string", "description": "the link to the next page; null: this is the last one"})

ITEM = shaped(
    account=TEXT, item=maybe(TEXT), kind=TEXT, currency=TEXT, issued_on=maybe(DAY), due_on=maybe(DAY),
    days_past_due=maybe(WHOLE), bucket=TEXT, open=AMOUNT,
)  # fmt: skip
PROMISE = shaped(
    account=TEXT, promise=TEXT, plan=maybe(TEXT), status=TEXT, currency=TEXT, amount=AMOUNT, received=AMOUNT,
    received_late=AMOUNT, made_on=DAY, promised_on=DAY, deadline=DAY, judged_on=maybe(DAY), taken_by=TEXT,
    replaced_by=maybe(TEXT), gives_up=maybe(AMOUNT),
)  # fmt: skip
CONTACT = shaped(
    account=TEXT, at=MOMENT, kind=TEXT, channel=TEXT, step=TEXT, policy=TEXT, status=maybe(TEXT),
    outcome=maybe(TEXT), items=WHOLE, by=TEXT, contact=TEXT, breaches=TEXT,
)  # fmt: skip
PLACEMENT = shaped(
    placement=TEXT, agency=TEXT, status=TEXT, since=DAY, items=each(TEXT), placed=AMOUNTS, open=AMOUNTS
)
EVENT = shaped(
    version=WHOLE, topic=TEXT, known_at=MOMENT, recorded_at=MOMENT, happened_on=DAY, what=TEXT, by=TEXT,
    decision=FLAG, step=maybe(TEXT), basis=maybe(TEXT),
)  # fmt: skip
PERSON = shaped(
    person=TEXT, role=TEXT, name=maybe(TEXT), phones=each(TEXT), emails=each(TEXT), note=maybe(TEXT)
)
ATTACHMENT = shaped(
    attachment=TEXT, file_name=TEXT, media_type=TEXT, size_bytes=WHOLE, added_at=MOMENT, by=TEXT,
    note=maybe(TEXT), sha256=TEXT,
)  # fmt: skip
DEBTOR = shaped(
    opened_on=maybe(DAY), name=maybe(TEXT), kind=maybe(TEXT), country=maybe(TEXT), region=maybe(TEXT),
    timezone=maybe(TEXT), language=maybe(TEXT), phone=maybe(TEXT), email=maybe(TEXT), address=maybe(TEXT),
    segment=maybe(TEXT), collector=maybe(TEXT), segment_because=maybe(TEXT), policy=maybe(TEXT),
    backfilled=FLAG, live_on=maybe(DAY),
)  # fmt: skip
AGED = {
    "type": "object",
    "required": [
        "key",
        "currency",
        "count",
        "current",
        "unapplied",
        "total",
        "principal",
        "interest",
        "fees",
    ],
    "properties": {"key": TEXT, "currency": TEXT, "count": WHOLE},
    "additionalProperties": AMOUNT,
    "description": "what is owed under one key in one currency; one amount for each bucket, such as 1-30",
}
DISPUTE = shaped(
    account=TEXT, number=TEXT, name=maybe(TEXT), dispute=TEXT, reason=maybe(TEXT), owner=maybe(TEXT),
    items=each(TEXT), disputed=AMOUNTS, opened_on=DAY, deadline=maybe(DAY), days_open=WHOLE, days_late=WHOLE,
    resolved_on=maybe(DAY), outcome=maybe(TEXT), rests_on_backfill=FLAG,
)  # fmt: skip
DUE = shaped(
    account=TEXT, name=maybe(TEXT), phone=maybe(TEXT), timezone=maybe(TEXT), collector=maybe(TEXT),
    segment=maybe(TEXT), points=WHOLE, why=each(shaped(points=WHOLE, for_=TEXT)), reason=TEXT, step=TEXT,
    policy=maybe(TEXT), calls=each(TEXT),
    follow_up=maybe(shaped(due_on=DAY, note=maybe(TEXT), by=TEXT)), promise_broken_on=maybe(DAY),
    waiting_days=WHOLE, oldest_item=maybe(TEXT), days_past_due=maybe(WHOLE), balance=AMOUNTS, open=AMOUNTS,
    unapplied=AMOUNTS, parts=PARTS, last_contact=maybe(CONTACT), last_promise=maybe(PROMISE),
)  # fmt: skip
REQUEST = shaped(
    account=TEXT, name=maybe(TEXT), request=TEXT, matter=TEXT, amount=AMOUNT, currency=TEXT,
    share_percent=maybe(TEXT), days=maybe(WHOLE), items=each(TEXT), asked_by=TEXT, role=TEXT,
    may_alone=TEXT, asked_on=DAY, waiting_days=WHOLE, lapses_on=DAY, may_be_approved_by=each(TEXT),
)  # fmt: skip
EXCEPTION = shaped(
    kind=TEXT, account=TEXT, number=TEXT, name=maybe(TEXT), step=TEXT, channel=TEXT, since=DAY,
    waiting_days=WHOLE, rests_on_backfill=FLAG, detail=TEXT, reason=TEXT,
)  # fmt: skip
VERSION = shaped(
    policy=TEXT, version=WHOLE, effective_from=maybe(MOMENT), default=FLAG, retired_at=maybe(MOMENT),
    title=maybe(TEXT), sha256=TEXT,
)  # fmt: skip
FINDING = shaped(severity=TEXT, code=TEXT, sentence=TEXT, key=TEXT, line=maybe(WHOLE))

ACCOUNTS: dict[str, Shape] = {
    "Accounts": page(
        "accounts",
        shaped(
            account=TEXT, name=maybe(TEXT), kind=maybe(TEXT), country=maybe(TEXT), collector=maybe(TEXT),
            segment=maybe(TEXT), policy=maybe(TEXT), opened_on=maybe(DAY), balance=AMOUNTS, overdue=AMOUNTS,
            days_past_due=maybe(WHOLE),
        ),
    ),
    "Account": asked(
        account=TEXT, debtor=DEBTOR, balance=AMOUNTS, parts=PARTS, open_items=each(ITEM),
        promises=each(PROMISE), placements=each(PLACEMENT), contact_persons=each(PERSON),
        attachments=each(ATTACHMENT), timeline=each(EVENT),
    ),
    "AccountFacts": page(
        "facts", together(EVENT, shaped(because=maybe(FIELDS), fact=FIELDS)), account=TEXT
    ),
    "Statement": asked(
        account=TEXT, name=maybe(TEXT), from_=maybe(DAY), opening=AMOUNTS,
        lines=each(shaped(
            on=DAY, kind=TEXT, document=TEXT, currency=TEXT, amount=AMOUNT, balance=AMOUNT, known_at=MOMENT
        )),
        closing=AMOUNTS, parts=PARTS, open_items=each(ITEM),
    ),
    "FactExplained": asked(
        account=TEXT, version=WHOLE, topic=TEXT, happened_on=DAY, by=TEXT, recorded_at=MOMENT,
        known_at=MOMENT, basis=maybe(TEXT), decision=maybe(FIELDS), lines=each(FIELDS), sentences=each(TEXT),
        fact=FIELDS,
    ),
    "DayExplained": shaped(
        account=TEXT, date=DAY, zone=TEXT, as_known=maybe(MOMENT), policy=maybe(FIELDS), contacted=FLAG,
        asleep=maybe(TEXT), awake_from=maybe(MOMENT), looked_at=each(MOMENT), acted=each(FIELDS),
        happened=each(FIELDS), invoices=each(FIELDS), not_known_then=ANY, learnt_later=each(FIELDS),
        as_known_now=each(FIELDS), next_decision_at=maybe(MOMENT), sentences=each(TEXT),
    ),
    "Interest": shaped(
        account=TEXT, until=DAY, totals=by_name(AMOUNTS, "kind: interest, compensation"),
        invoices=each(FIELDS), compensation=each(FIELDS), notes=each(TEXT),
    ),
}  # fmt: skip

REPORTS: dict[str, Shape] = {
    "Aging": together(
        asked(edges=each(WHOLE), rows=each(AGED)),
        shaped({
            "by": TEXT, "edges_adopted_on": DAY, "against": MOMENT, "against_rows": each(AGED),
            "changes": each(shaped(
                account=TEXT, version=WHOLE, topic=TEXT, known_at=MOMENT, currency=TEXT,
                moves=by_name(AMOUNT, "bucket"),
            )),
        }),
    ),
    "PromisesReport": asked(
        by=maybe(TEXT),
        rows=each(shaped(
            key=TEXT, currency=TEXT, count=WHOLE, pending=WHOLE, kept=WHOLE, partly_kept=WHOLE, broken=WHOLE,
            withdrawn=WHOLE, promised=AMOUNT, received_in_time=AMOUNT, received_late=AMOUNT,
            kept_rate_by_number=maybe(TEXT), kept_rate_by_amount=maybe(TEXT),
        )),
    ),
    "ContactsReport": asked(
        from_=DAY, to=DAY, by=maybe(TEXT),
        rows=each(shaped(step=TEXT, channel=TEXT, kind=TEXT, count=WHOLE, failed=WHOLE, breaches=WHOLE)),
    ),
    "Approvals": asked(rows=each(REQUEST)),
    "DisputesReport": asked(
        by=maybe(TEXT),
        rows=each(shaped(key=TEXT, count=WHOLE, late=WHOLE, oldest_days=WHOLE, disputed=AMOUNTS)),
    ),
    "Agencies": asked(
        rows=each(shaped(
            agency=TEXT, currency=TEXT, placements=WHOLE, recalled=WHOLE, placed=AMOUNT, recovered=AMOUNT,
            commission=AMOUNT, net=AMOUNT, direct=AMOUNT, open=AMOUNT, recovery_rate=maybe(TEXT),
            cost_rate=maybe(TEXT),
        )),
    ),
    "Agency": asked(
        agency=TEXT, from_=maybe(DAY),
        news=each(shaped(
            on=DAY, what=TEXT, account=TEXT, placement=TEXT, item=maybe(TEXT), reference=maybe(TEXT),
            currency=maybe(TEXT), amount=maybe(AMOUNT),
        )),
    ),
    "Kpi": asked(
        variants=each(shaped(
            figure=TEXT, variant=TEXT, title=TEXT, unit=TEXT, formula=TEXT, source=maybe(TEXT)
        )),
        figures=each(shaped(
            figure=TEXT, variant=TEXT, currency=maybe(TEXT), month=TEXT, step=maybe(TEXT), value=maybe(TEXT),
            unit=TEXT, running=FLAG,
        )),
    ),
}  # fmt: skip

LISTS: dict[str, Shape] = {
    "Worklist": page("worklist", DUE, collector=maybe(TEXT), total=WHOLE),
    "Exceptions": page("exceptions", EXCEPTION),
    "Promises": page("promises", PROMISE),
    "Contacts": page("contacts", CONTACT),
    "Disputes": page("disputes", DISPUTE),
    "Placements": page("placements", together(shaped(account=TEXT), PLACEMENT)),
    "Items": page("items", ITEM),
    "Outbox": shaped(
        channels=each(shaped(channel=TEXT, waiting=WHOLE, due=WHOLE, stale=WHOLE, oldest_at=maybe(MOMENT))),
        reminders=each(shaped(
            account=TEXT, contact=TEXT, channel=TEXT, leaves_at=MOMENT, next_try_at=MOMENT, attempts=WHOLE,
            trouble=maybe(TEXT),
        )),
        next=NEXT,
    ),
}  # fmt: skip

POLICIES: dict[str, Shape] = {
    "Policies": shaped(policies=each(VERSION)),
    "Policy": shaped(
        policy=TEXT, version=WHOLE, effective_from=MOMENT, sha256=TEXT, document=TEXT, steps=each(FIELDS)
    ),
    "PoliciesCompared": shaped(
        policy=TEXT, old=WHOLE, new=WHOLE,
        changes=each(shaped(place=TEXT, key=TEXT, before=ANY, after=ANY)),
    ),
    "PolicyChecked": shaped(
        policy=TEXT, findings=each(FINDING), sample=FIELDS, calendar=each(FIELDS), not_taken=FIELDS,
        fullest=each(FIELDS), charged=FIELDS,
    ),
    "Limits": shaped(profiles=each(FIELDS)),
    "Templates": shaped(templates=each(shaped(
        template=TEXT, kind=TEXT, used=each(TEXT), sha256=by_name(TEXT, "language")
    ))),
    "Template": shaped(template=TEXT, language=TEXT, kind=TEXT, sha256=TEXT, source=TEXT),
    "Preview": shaped(
        account=TEXT, template=TEXT, language=TEXT, channel=TEXT, sha256=TEXT, subject=TEXT, text=TEXT,
        html=TEXT, lacking=each(TEXT),
    ),
}  # fmt: skip

_USER = shaped(name=TEXT, role=TEXT, disabled=FLAG, password=FLAG)
_TOKEN = shaped(
    id=TEXT, user=TEXT, label=TEXT, created_at=MOMENT, expires_at=MOMENT, revoked_at=maybe(MOMENT)
)
_WORK = shaped(
    id=TEXT, kind=one_of("diff", "control", "forecast", "check", "verify", "rebuild", "reevaluate"),
    title=TEXT, by=TEXT, began_at=MOMENT, state=one_of("running", "done", "failed", "cancelled"),
    done=WHOLE, parts=WHOLE, answer=maybe(FIELDS), fault=maybe(TEXT),
)  # fmt: skip
_FAULT = shaped(file=TEXT, line=WHOLE, column=TEXT, value=TEXT, expected=TEXT, sentence=TEXT)

DEEDS: dict[str, Shape] = {
    "Tally": shaped(
        lines=WHOLE, carried_out=WHOLE, already_known=WHOLE, facts=WHOLE, refused=WHOLE,
        problems=each(FIELDS),
    ),
    "PolicyPublished": shaped(recorded=FLAG, policy=TEXT, effective_from=MOMENT, findings=each(FINDING)),
    "PolicyDecided": shaped({"account": TEXT}, recorded=FLAG, policy=TEXT),
    "WentLive": shaped(live=WHOLE),
    "Ticked": shaped(at=MOMENT, accounts=WHOLE, facts=by_name(WHOLE, "kind of fact"), not_live=WHOLE),
    "HandedOver": shaped(from_=TEXT, to=TEXT, accounts=WHOLE),
    "Erased": shaped(
        account=TEXT, already_erased=FLAG, key_destroyed=FLAG, still_readable=WHOLE, outside=each(TEXT)
    ),
    "Attachments": shaped(account=TEXT, attachments=each(ATTACHMENT)),
    "Imported": shaped(
        preview=FLAG, stored=by_name(WHOLE, "kind of fact"), already_known=WHOLE, skipped=WHOLE,
        faults=each(_FAULT),
    ),
    "Reconciled": asked(agree=FLAG, compared=WHOLE, differences=each(shaped(
        account=TEXT, currency=TEXT, file=maybe(AMOUNT), book=maybe(AMOUNT), difference=AMOUNT
    ))),
    "Users": shaped(users=each(_USER)),
    "User": _USER,
    "Tokens": shaped(tokens=each(_TOKEN)),
    "Token": _TOKEN,
    "NewToken": together(_TOKEN, shaped(token=TEXT)),
    "Works": shaped(works=each(_WORK)),
    "Work": _WORK,
    "EdgesCompared": shaped(edges=each(WHOLE), days=each(shaped(
        as_of=DAY, present_edges=each(WHOLE), present=each(AGED), given=each(AGED), moved=each(FIELDS)
    )), adopted=ANY),
    "EdgesAdopted": shaped({"from": DAY}, adopted=WHOLE, edges=each(WHOLE)),
    "Checkpoints": shaped(checkpoints=each(FIELDS), next=NEXT),
    "Proof": shaped(proof=FIELDS, not_sealed_yet=WHOLE),
}  # fmt: skip

ANSWERS: dict[str, Shape] = ACCOUNTS | REPORTS | LISTS | POLICIES | DEEDS
