"""What every part of a policy document is."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen part of a policy document, which refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
