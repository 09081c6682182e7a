"""The layers of protection around an APDU, outermost first: which form, under which key, how strong (IEC 62056-53)."""

from enum import Enum
from functools import cache
from typing import NamedTuple

from softmeter.dlms.apdu import DEDICATED, GLOBAL
from softmeter.security.ciphering import HEADER_OCTETS, Protection
from softmeter.security.suites import TAG_OCTETS, TITLE_OCTETS, Use

MOST_LAYERS = 4
GENERAL_GLO, GENERAL_DED, GENERAL_CIPHERING, GENERAL_SIGNING = 0xDB, 0xDC, 0xDD, 0xDF
SERVICE_USES: dict[int, Use] = {
    **dict.fromkeys(GLOBAL.values(), Use.UNICAST),
    **dict.fromkeys(DEDICATED.values(), Use.DEDICATED),
}
"""The tags of services ciphered one by one, and the key each is ciphered with."""
GENERAL_USES: dict[int, Use] = {GENERAL_GLO: Use.UNICAST, GENERAL_DED: Use.DEDICATED}
PROTECTED_TAGS = frozenset({*SERVICE_USES, *GENERAL_USES, GENERAL_CIPHERING, GENERAL_SIGNING})


class Form(Enum):
    """How a layer is written; `octets` is what it adds at most, its key apart."""

    SERVICE = 1 + 3 + HEADER_OCTETS + TAG_OCTETS
    """Under a tag of the service's own: glo- and ded-."""
    GENERAL = 1 + 1 + TITLE_OCTETS + 3 + HEADER_OCTETS + TAG_OCTETS
    """general-glo and general-ded."""
    CIPHERING = 1 + 3 * (1 + TITLE_OCTETS) + 2 + 4 + 3 + HEADER_OCTETS + TAG_OCTETS
    SIGNING = 1 + 3 * (1 + TITLE_OCTETS) + 2 + 3 + 2 + 96

    @property
    def octets(self) -> int:
        return self.value


class Layer(NamedTuple):
    """One layer."""

    form: Form
    use: Use
    protection: Protection


Layers = tuple[Layer, ...]
GLO_FULL: Layers = (Layer(Form.SERVICE, Use.UNICAST, Protection.FULL),)
"""What nearly every request is: glo, authenticated and encrypted."""
SIGNATURE = Layer(Form.SIGNING, Use.SIGNATURE, Protection.SIGNED)
_KEY_OCTETS = {Use.WRAPPED: 1 + 40, Use.ONE_PASS: 4 + 192}


class Unwrapped(NamedTuple):
    """An APDU without its layers, every one of which verified. Counters are not judged yet."""

    plain: bytes
    protection: Protection
    """Of all layers together."""
    layers: Layers
    counters: tuple[tuple[Use, int], ...]


def overhead(layers: Layers) -> int:
    """What the layers add at most, octets."""
    return sum(layer.form.octets + _KEY_OCTETS.get(layer.use, 0) for layer in layers)


@cache
def strengthened(layers: Layers, least: Protection) -> Layers:
    """`layers`, made to protect at least so much: a ciphering one takes more upon it, a signature goes around."""
    present = Protection.NONE
    for layer in layers:
        present |= layer.protection
    missing = least & ~present
    ciphered = missing & Protection.FULL
    if ciphered:
        at = next((number for number, layer in enumerate(layers) if layer.form is not Form.SIGNING), None)
        if at is None:
            layers = (*layers, Layer(Form.GENERAL if layers else Form.SERVICE, Use.UNICAST, ciphered))
        else:
            taken = layers[at]._replace(protection=layers[at].protection | ciphered)
            layers = (*layers[:at], taken, *layers[at + 1 :])
    return (SIGNATURE, *layers) if Protection.SIGNED in missing else layers
