"""What a scenario may say of the firmware: an image made and sent, verified, activated."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from softmeter.apps.firmware.declaration import Declaration
from softmeter.apps.scenario.answers import SUCCESS, Result


class Firmware(BaseModel):
    """Have an image put into the meter, verified, or activated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Literal["upload", "verify", "activate"]
    image: Declaration | None = Field(
        default=None, description="As in a declaration for softmeter firmware build; it is made and sent"
    )
    signed_by: Literal["maker", "stranger"] = Field(default="maker", description="The meter trusts the maker alone")
    blocks: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="After so many blocks the connection is lost; the next upload goes on"
    )
    broadcast: bool = Field(default=False, description="Blocks go to all meters first; what one missed is sent to it")
    lost: list[int] = Field(default=[], description="Numbers of the blocks of a broadcast that this meter misses")
    cut: bool = Field(default=False, description="Power fails after the order to activate, before the restart")
    client: Literal["management", "maintenance"] = "management"
    result: Result = Field(default=SUCCESS, description="What the meter answers")

    @model_validator(mode="after")
    def _belongs_together(self) -> "Firmware":
        if (self.do == "upload") is (self.image is None):
            raise ValueError("an upload needs an image, and nothing else does")
        return self
