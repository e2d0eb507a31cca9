"""Policies, and the profiles of contact limits: read, compared, checked."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.api.answers import answered
from arrears.api.asking import AskedBook
from arrears.api.schemas import told
from arrears.telling.policies import (
    compared_answer,
    limits_answer,
    policies_answer,
    policy_answer,
    version_of,
)

router = APIRouter(tags=["policies"])

Reader = Annotated[User, signed_in("read")]
Name = Annotated[str, Path(description="the name of the policy", examples=["notice-calls-agency"])]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("/policies", summary="Policies and their versions", **told("Policies"))
def policies(_: Reader, book: AskedBook) -> Response:
    """Every version of every policy, from when it is in force (null: always), and which is the default."""
    return answered(policies_answer(book.engine.policies(), book.clock()))


@router.get("/policies/{name}", summary="A policy", **told("Policy"))
def policy(_: Reader, book: AskedBook, name: Name, version: Version = None) -> Response:
    """One version, by default the last, with its document as it was published."""
    return answered(policy_answer(version_of(book.engine.policies(), name, version)))


@router.get("/policies/{name}/compare", summary="How two versions differ", **told("PoliciesCompared"))
def compare(_: Reader, book: AskedBook, name: Name, old: Version = None, new: Version = None) -> Response:
    """What two versions differ in, by meaning; by default the last one and the one before it."""
    known = book.engine.policies()
    after = version_of(known, name, new)
    before = version_of(known, name, old if old is not None else max(1, after.version - 1))
    return answered(compared_answer(before, after))


@router.get("/limits", summary="Profiles of contact limits", **told("Limits"))
def limits(_: Reader) -> Response:
    """Which rules each profile applies, from which source, and which it does not."""
    return answered(limits_answer())


@router.get("/limits/{name}", summary="A profile of contact limits", **told("Limits"))
def limit(_: Reader, name: Annotated[str, Path(examples=["us-consumer-third-party"])]) -> Response:
    """One profile with all its rules."""
    return answered(limits_answer(name))
