"""What a start says of P1, and the keys of ciphered telegrams: made when they are needed first, kept by the meter."""

from typing import Any

from softmeter.apps.options import RunOptions
from softmeter.errors import ConfigurationError
from softmeter.meter.clients import CONSUMER
from softmeter.meter.meter import Meter
from softmeter.meter.p1 import P1Settings, Variant
from softmeter.runtime.keyfile import P1Keys, generate_p1


def asked(options: RunOptions) -> dict[str, Any]:
    """What holds instead of the configuration's own, of this start alone.

    Raises:
        ConfigurationError: there is no such variant.
    """
    variant = options.p1_variant
    if variant is None:
        return {}
    known = [one.value for one in Variant]
    if variant not in known:
        raise ConfigurationError(f"{variant!r} is no variant of P1; choose one of {', '.join(known)}", "--p1-variant")
    return {"p1": {"variant": variant}}


def held_keys(meter: Meter) -> P1Keys | None:
    """The keys of ciphered telegrams, where the meter has some."""
    keys = meter.key_ring.of(CONSUMER)
    return P1Keys(keys.unicast_encryption, keys.authentication) if keys.unicast_encryption else None


def take_keys(meter: Meter, settings: P1Settings, given: P1Keys | None = None) -> bool:
    """Take the keys given; else fresh ones where they are needed and missing. True if the meter has others now."""
    keys = given
    if keys is None and settings.variant.encrypted and held_keys(meter) is None:
        keys = generate_p1(meter.entropy)
    if keys is None:
        return False
    meter.key_ring.change(CONSUMER, unicast_encryption=keys.encryption_key, authentication=keys.authentication_key)
    return True
