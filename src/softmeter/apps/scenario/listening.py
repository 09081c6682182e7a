"""The head-end of a scenario, as far as it listens: what a meter sends by itself arrives there and is opened."""

from typing import Any, NamedTuple

from softmeter.apps.smartset.push_opening import Counters, MeterKeys, Opening
from softmeter.apps.smartset.values import plain
from softmeter.entropy import Entropy
from softmeter.meter.meter import Meter
from softmeter.meter.push import Outgoing, outgoing
from softmeter.wire.wrapper import decode_datagram


class Heard(NamedTuple):
    """A push that arrived: where, and its values."""

    place: str
    values: list[Any]


class HeadEnd:
    """Listens everywhere at once, unless nobody does."""

    def __init__(self, entropy: Entropy) -> None:
        self.listening = True
        self.heard: list[Heard] = []
        """What arrived, in order."""
        self._entropy = entropy
        self._highest: Counters = {}

    def post(self, meter: Meter) -> None:
        """Let everything arrive that the meter wants to send by itself, and tell it what became of that."""
        for sent in outgoing(meter):
            if self.listening:
                self._hear(sent, MeterKeys(meter.system_title, {sap: meter.keys(sap).key_set for sap in meter.clients}))
            meter.device.behaviours.pushes.settle(meter.device, sent.number, arrived=self.listening)

    def last(self, place: str) -> list[Any]:
        """The values of the push that arrived at a place last."""
        return next((one.values for one in reversed(self.heard) if one.place == place), [])

    def count(self, place: str) -> int:
        """How many arrived at a place."""
        return sum(one.place == place for one in self.heard)

    def _hear(self, sent: Outgoing, keys: MeterKeys) -> None:
        place = f"{sent.host}:{sent.port}"
        opening = Opening("the meter", [keys], self._highest, self._entropy)
        for octets in sent.datagrams:
            push = opening.receive(decode_datagram(octets))
            if push is not None:
                values = plain(push.body)
                self.heard.append(Heard(place, values if isinstance(values, list) else [values]))
