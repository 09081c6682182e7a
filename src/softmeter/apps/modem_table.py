"""The tables `[modem]` and `[network]` of a configuration: what the meter tells its module, and what is outside."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from softmeter.device.modem_parameters import (
    FACTORY_NETWORK,
    FACTORY_PARAMETERS,
    Access,
    Network,
    Parameters,
    Randomisation,
)
from softmeter.errors import ConfigurationError
from softmeter.runtime.optical_port import PTY, Place, parse_place

_Text = Annotated[str, StringConstraints(pattern=r"^[ -~]{0,64}$")]
_Pin = Annotated[int, Field(ge=0, le=9999)]
AT_BAUD = 115_200
_SPREAD = FACTORY_PARAMETERS.randomisation


class _Accessing(BaseModel):
    """What opens a data network, at either end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    apn: _Text = FACTORY_NETWORK.access.apn.decode()
    user: _Text = ""
    password: _Text = ""
    pin: _Pin = 0

    @property
    def access(self) -> Access:
        return Access(self.apn.encode(), self.user.encode(), self.password.encode(), self.pin)


class ModemTable(_Accessing):
    """What the meter tells its module, until a client sets something else."""

    registration_window_s: Annotated[int, Field(ge=0, le=86_400)] = _SPREAD.window_s
    registration_factor: Annotated[int, Field(ge=1, le=100)] = _SPREAD.factor
    registration_retries: Annotated[int, Field(ge=1, le=1000)] = _SPREAD.retries
    link_limits: bool = False
    at_port: str = ""

    @field_validator("at_port")
    @classmethod
    def _can_be_opened(cls, text: str) -> str:
        try:
            parse_place(text or PTY, "", AT_BAUD)
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        return text

    @property
    def at_place(self) -> Place | None:
        """Where the module takes AT commands; nowhere unless it is said."""
        return parse_place(self.at_port, "modem.at_port", AT_BAUD) if self.at_port else None

    @property
    def parameters(self) -> Parameters:
        """As the device has them."""
        spread = Randomisation(self.registration_window_s, self.registration_factor, self.registration_retries)
        return FACTORY_PARAMETERS._replace(access=self.access, randomisation=spread)


class NetworkTable(_Accessing):
    """The simulated network and the card in the module."""

    operator: _Text = FACTORY_NETWORK.operator
    country: Annotated[int, Field(ge=0, le=999)] = FACTORY_NETWORK.country
    number: Annotated[int, Field(ge=0, le=999)] = FACTORY_NETWORK.number
    time_server: _Text = FACTORY_NETWORK.time_server.decode()
    time_port: Annotated[int, Field(ge=1, le=0xFFFF)] = FACTORY_NETWORK.time_port
    card: Annotated[str, StringConstraints(pattern=r"^\d{18,20}$")] = FACTORY_NETWORK.card.decode()

    @property
    def network(self) -> Network:
        """As the device has it."""
        time_server = self.time_server.encode(), self.time_port
        return Network(self.operator, self.country, self.number, self.access, self.card.encode(), *time_server)


def settings_of(modem: ModemTable, network: NetworkTable) -> dict[str, Any]:
    """The settings of a device that these tables say."""
    return {"modem": modem.parameters, "network": network.network}
