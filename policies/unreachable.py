"""The part of a policy document that says when a debtor counts as unreachable."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from engine.domain.account import Account
from policies.part import Part

Count = Annotated[int, Field(ge=1)]


class Unreachable(Part):
    """So many in a row, since the debtor was last reached or gave a new number or address; all must hold."""

    bad_numbers_at_least: Count | None = None
    letters_returned_at_least: Count | None = None
    emails_bounced_at_least: Count | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Unreachable":
        if not self.model_dump(exclude_none=True):
            raise ValueError(f"expected one of {', '.join(type(self).model_fields)}")
        return self

    def compared(self, account: Account) -> Iterator[tuple[bool, str]]:
        """Each part of the rule: whether it holds, in words."""
        for key, least in self.model_dump(exclude_none=True).items():
            name = key.removesuffix("_at_least")
            count = getattr(account.failures, name)
            yield count >= least, f"{name.replace('_', ' ')} {count}, at least {least}"
