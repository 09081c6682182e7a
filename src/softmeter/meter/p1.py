"""What this meter sends on P1: the telegrams of each country, in clear or ciphered.

Source: DSMR 5.0.2 P1 Companion Standard, chapter 6; e-MUCS P1 1.7 (Belgium); the P1 specification of Luxembourg. What
the meter does not have is sent as it is without: no limit, a breaker that is always closed.
"""

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from softmeter.device.device import Device
from softmeter.errors import ConfigurationError
from softmeter.meter import p1_belgium, p1_channels, p1_lines
from softmeter.meter.clients import CONSUMER
from softmeter.meter.identity import Identity
from softmeter.meter.model.local import P1_VERSION
from softmeter.meter.presented import Presented
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from softmeter.wire.telegram import build, enveloped, is_identification

LUXEMBOURG_VERSION = "42"


class Variant(Enum):
    """Whose telegrams a meter sends."""

    NL = "nl"
    BE = "be"
    LU = "lu"
    NL_ENCRYPTED = "nl-encrypted"

    @property
    def encrypted(self) -> bool:
        """Whether telegrams are ciphered: in Luxembourg all are."""
        return self in {Variant.LU, Variant.NL_ENCRYPTED}


class P1Settings(NamedTuple):
    """The variant, and what follows the slash of a telegram; empty for the usual of the variant."""

    variant: Variant = Variant.NL
    identification: str = ""

    def check(self) -> None:
        """Refuse an identification that no telegram can have.

        Raises:
            ConfigurationError: it is not three letters, 5 and up to 16 characters.
        """
        if self.identification and not is_identification(self.identification):
            message = f"{self.identification!r} must be three letters, 5 and up to 16 characters"
            raise ConfigurationError(message, "p1.identification")


DUTCH = P1Settings()


def telegram(device: Device, identity: Identity, settings: P1Settings = DUTCH) -> bytes:
    """The telegram of the device's last whole second in clear."""
    variant = settings.variant
    match variant:
        case Variant.NL | Variant.NL_ENCRYPTED:
            lines = _dutch(device, identity)
        case Variant.BE:
            lines = _belgian(device, identity)
        case Variant.LU:
            lines = _luxembourgish(device, identity)
    return build(settings.identification or _identification(identity, variant), lines)


def broadcast(meter: Presented, settings: P1Settings = DUTCH) -> bytes:
    """What leaves the port: the telegram, ciphered where the variant wants it.

    A ciphered one takes a number of the meter's invocation counter, which must be stored before the telegram leaves.

    Raises:
        LocalProtocolError: the counter is used up; only a new key helps.
    """
    plain = telegram(meter.device, meter.identity, settings)
    if not settings.variant.encrypted:
        return plain
    keys, title = meter.key_ring.of(CONSUMER), meter.identity.system_title
    counter = meter.counters.next_own(CONSUMER)
    cipher = _cipher(keys.unicast_encryption, keys.authentication)
    return enveloped(title, cipher.protect(title, counter, Protection.FULL, plain))


@lru_cache(p1_lines.KEPT_LINES)
def _cipher(encryption_key: bytes, authentication_key: bytes) -> Cipher:
    """Kept for the telegrams to come: making one takes longer than using it."""
    return Cipher(Key(encryption_key), Key(authentication_key))


def _identification(identity: Identity, variant: Variant) -> str:
    if variant in {Variant.NL, Variant.NL_ENCRYPTED}:
        return identity.p1_identification
    return f"{identity.manufacturer}5\\2{int(identity.serial):08d}_A"


def _dutch(device: Device, identity: Identity) -> list[str]:
    return [
        f"1-3:0.2.8({P1_VERSION})",
        p1_lines.clock(device),
        p1_lines.identifier(identity),
        *p1_lines.rates(device),
        *_dutch_rest(device),
    ]


def _luxembourgish(device: Device, identity: Identity) -> list[str]:
    return [
        f"1-3:0.2.8({LUXEMBOURG_VERSION})",
        p1_lines.clock(device),
        p1_lines.logical_device(identity),
        p1_lines.identifier(identity),
        *p1_lines.totals(device),
        *_dutch_rest(device),
    ]


def _dutch_rest(device: Device) -> list[str]:
    """The lines behind the energies."""
    return [
        p1_lines.tariff(device),
        *p1_lines.powers(device, 1, 2),
        *p1_lines.failures(device),
        *p1_lines.messages(device),
        p1_lines.voltage(device),
        p1_lines.current(device),
        *p1_lines.powers(device, 21, 22),
        *p1_channels.dutch(device),
    ]


def _belgian(device: Device, identity: Identity) -> list[str]:
    return [
        f"0-0:96.1.4({p1_belgium.VERSION})",
        p1_lines.identifier(identity),
        p1_lines.clock(device),
        *p1_lines.rates(device),
        p1_lines.tariff(device),
        *p1_belgium.demands(device),
        *p1_lines.powers(device, 1, 2),
        *p1_lines.powers(device, 21, 22),
        p1_lines.voltage(device),
        p1_lines.current(device, 2),
        *p1_belgium.switches(device),
        *p1_lines.messages(device),
        *p1_channels.belgian(device),
    ]
