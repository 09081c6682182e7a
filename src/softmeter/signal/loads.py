"""Loads told apart by the shape of their current, as waveforms need them."""

from typing import NamedTuple, Protocol, runtime_checkable

from softmeter.signal.samples import Floats, Source


class Loads(NamedTuple):
    """Power of each of `shapes.SHAPES` in each second: arrays of shape (shapes, n). Their sums are the source's."""

    active_w: Floats
    reactive_var: Floats


@runtime_checkable
class ShapedSource(Source, Protocol):
    """A source that knows what its currents look like."""

    def loads(self, first_second: int, count: int) -> Loads:
        """The loads of `count` seconds: a pure function of its arguments."""
        ...
