"""The stream of pulses on TCP: any number of readers, one line of JSON for each pulse (docs/pulses.md)."""

import logging
from functools import partial

from softmeter.bench.link import Line
from softmeter.runtime.address import Address
from softmeter.runtime.descriptors import MOST
from softmeter.runtime.pulse_feed import PulseFeed, Subscription
from softmeter.runtime.readers import Reader, Readers
from softmeter.runtime.signal import Signal

PIECE = 64 * 1024
"""Octets that are handed to a connection at once; the next ones when these have left."""

log = logging.getLogger("softmeter.pulses")


class PulsePort:
    """Sends each reader what the feed has for him, as fast as he takes it; one who is too far behind is dropped.

    It is open whether the meter has power or not: whoever looks at an LED sees that it is dark.
    """

    def __init__(self, address: Address, feed: PulseFeed, *, most_readers: int = MOST.pulses) -> None:
        self.relieved = Signal()
        """Fires when a reader came, or has taken all that there was for him."""
        self._feed = feed
        self._subscriptions: dict[Reader, Subscription] = {}
        self._readers = Readers(
            address,
            most=most_readers,
            line=Line("pulses", b""),
            log=log,
            came=self._joined,
            went=self._left,
            relieved=self._serve,
        )

    async def open(self) -> Address:
        """Listen; returns where, with the true port number."""
        return await self._readers.open()

    async def close(self) -> None:
        """Stop listening and drop all readers."""
        await self._readers.close()

    @property
    def behind(self) -> bool:
        """Whether nobody reads, or somebody has not taken all lines yet."""
        waiting = any(one.behind for one in self._subscriptions.values())
        return not self._readers or waiting or any(reader.is_full for reader in self._readers)

    def __len__(self) -> int:
        """How many read."""
        return len(self._readers)

    def _joined(self, reader: Reader) -> None:
        self._subscriptions[reader] = self._feed.subscribe(partial(self._serve, reader))
        self._serve(reader)
        self.relieved.fire()

    def _left(self, reader: Reader) -> None:
        self._feed.unsubscribe(self._subscriptions.pop(reader))

    def _serve(self, reader: Reader) -> None:
        subscription = self._subscriptions[reader]
        if subscription.lost:
            reader.drop()
            return
        while not reader.is_full and not reader.transport.get_write_buffer_size():
            octets = subscription.taken(PIECE)
            if not octets:
                break
            reader.write(octets, PIECE)
        if not subscription.behind and not reader.is_full:
            self.relieved.fire()
