"""Where a meter listens: what a configuration file says, what options say instead, and whether that can be."""

import ipaddress
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from softmeter.apps.options import RunOptions
from softmeter.errors import ConfigurationError
from softmeter.runtime.address import Address
from softmeter.runtime.optical_port import PTY, Place, SerialAddress, parse_place
from softmeter.runtime.p1_line import BAUD
from softmeter.runtime.push_places import LOOPBACK, Places

LISTENING: Final = ("wan", "p1", "optical", "panel", "pulses")
_LOOPBACK_HOSTS = {"127.0.0.1", "::1", "localhost"}
_EVERY_HOST = {"0.0.0.0", "::"}  # noqa: S104 - to see that two ports meet there


class Ports(BaseModel):
    """Where the meter listens, HOST:PORT; `optical` and `p1` may be a device or `pty` as well.

    `pulses`: where the stream of pulses is; without it there is none.
    `push_to`: networks and host names that pushes may go to, such as `192.0.2.0/24`; `*` is any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    wan: str = "127.0.0.1:4059"
    p1: str = "127.0.0.1:4061"
    optical: str = "127.0.0.1:4062"
    panel: str = "127.0.0.1:8080"
    pulses: str | None = None
    push_to: tuple[str, ...] = LOOPBACK

    @field_validator(*LISTENING)
    @classmethod
    def _can_be_listened_on(cls, text: str | None, info: ValidationInfo) -> str | None:
        name = str(info.field_name)
        if text is None:
            return None
        try:
            place = _place(name, text)
            others = {str(other): _place(other, info.data[other]) for other in LISTENING if info.data.get(other)}
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        if shared := next(_shared(name, place, others), None):
            raise ValueError(f"{text} is the place of {shared} too")
        return text

    @field_validator("push_to")
    @classmethod
    def _can_be_pushed_to(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
        try:
            Places(allowed, "")
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        return allowed


@dataclass(frozen=True, slots=True)
class Listening:
    """Where each port of a start is; an `Address` knows under which name a person can change it."""

    wan: Address
    p1: Place
    optical: Place
    panel: Address
    pulses: Address | None
    given: frozenset[str]
    """The ports that an option or a file has placed; the others are where they always are."""

    @property
    def udp(self) -> Address:
        """Where datagrams are taken: at the address of TCP."""
        return self.wan


def listening(options: RunOptions, ports: Ports, source: str) -> Listening:
    """The ports of a start; `source` is the file that `ports` come from.

    Raises:
        ConfigurationError: one cannot be listened on, two are the same, or the panel would be open to everybody.
    """
    said = {
        name: _said(name, options, ports, source) for name in LISTENING if _wanted(name, options, ports) is not None
    }
    found = Listening(
        Address.parse(*said["wan"]),
        parse_place(*said["p1"], BAUD),
        parse_place(*said["optical"]),
        Address.parse(*said["panel"]),
        Address.parse(*said["pulses"]) if "pulses" in said else None,
        frozenset(name for name in LISTENING if _is_given(name, options, ports)),
    )
    if options.pulses_paced and found.pulses is None:
        raise ConfigurationError("there are no pulses to wait for; say where with --pulses", "--pulses-paced")
    _check_apart(found, {name: where for name, (_, where) in said.items()})
    if not is_loopback(found.panel) and not options.panel_token:
        message = f"{found.panel} is no loopback address; a panel there needs --panel-token"
        raise ConfigurationError(message, found.panel.option)
    return found


def _wanted(name: str, options: RunOptions, ports: Ports) -> str | None:
    """Where a port shall be; None: nowhere."""
    option: str | None = getattr(options, name)
    return getattr(ports, name) if option is None else option


def _is_given(name: str, options: RunOptions, ports: Ports) -> bool:
    return getattr(options, name) is not None or getattr(ports, name) != Ports.model_fields[name].default


def _said(name: str, options: RunOptions, ports: Ports, source: str) -> tuple[str, str]:
    """Where a port that is wanted shall be, and the name under which a person can change that."""
    by_file = getattr(options, name) is None and _is_given(name, options, ports)
    return _wanted(name, options, ports) or "", f"{source}: ports.{name}" if by_file else f"--{name}"


async def check_free(found: Listening, *others: Place | None) -> None:
    """Find out whether the ports of a start can be listened on, and `others` that it needs.

    The optical port that nobody asked for may stay closed.

    Raises:
        ConfigurationError: one cannot.
    """
    needed = [getattr(found, name) for name in LISTENING if name != "optical" or name in found.given]
    for place in (*needed, *others):
        if isinstance(place, Address):
            (await place.listen()).close()
        elif isinstance(place, SerialAddress) and place.path != PTY:
            os.close(place.opened())
    (await found.udp.datagrams()).close()


def is_loopback(address: Address) -> bool:
    """Whether only this machine reaches it."""
    return address.host in _LOOPBACK_HOSTS


def _place(name: str, text: str) -> Place:
    """A port as a file names it."""
    if name == "optical":
        return parse_place(text, "")
    return parse_place(text, "", BAUD) if name == "p1" else Address.parse(text, "")


def _check_apart(found: Listening, named: Mapping[str, str]) -> None:
    """No two ports are at one place; the one that was given is named, with the one it meets."""
    places = {name: place for name in LISTENING if (place := getattr(found, name)) is not None}
    for name in sorted(places, key=lambda one: one not in found.given):
        if shared := next(_shared(name, places[name], places), None):
            raise ConfigurationError(f"{places[name]} is the place of {shared} too; choose another", named[name])


def _shared(name: str, place: Place, others: Mapping[str, Place]) -> Iterator[str]:
    """Those of the other ports that are at this place too."""
    for other, taken in others.items():
        if other != name and meet(place, taken):
            yield other


def meet(one: Place, other: Place) -> bool:
    """Whether two ports cannot both be there."""
    if isinstance(one, Address) and isinstance(other, Address):
        hosts = {_numbers(one.host), _numbers(other.host)}
        return one.port == other.port != 0 and (len(hosts) == 1 or bool(hosts & _EVERY_HOST))
    return str(one) == str(other) != PTY


def _numbers(host: str) -> str:
    """A host as an address where it says one: `localhost` and `::0001` have others."""
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower()
