"""What all messages of the panel's interface have in common, and a pressed button."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Press(Message):
    """The display button was down this long."""

    duration_ms: Annotated[int, Field(ge=0, le=60_000, strict=True)]
