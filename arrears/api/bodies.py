"""What the bodies of requests share: names that nobody knows are refused, and each shows an example."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def shown(**example: Any) -> ConfigDict:
    """The configuration of a body that shows that example."""
    return ConfigDict(json_schema_extra={"example": example})
