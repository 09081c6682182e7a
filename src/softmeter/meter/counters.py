"""Invocation counters that never go back, stored ahead in steps so that a read costs no disk write.

A counter in use is always covered by a durable reservation: what is stored is not the counter but a bound above it.
After a power cut the meter sends from the bound on and demands received counters above it; a clean stop stores both
exactly.
"""

import hashlib
from collections.abc import Iterator, Mapping

from softmeter.errors import LocalProtocolError
from softmeter.persistent import Scalar
from softmeter.security.suites import Use

HIGHEST = 0xFFFF_FFFF
SMALLEST_STEP, LARGEST_STEP = 256, 1 << 20
STEPS_PER_TICK = 8
MOST_TITLES = 64
MOST_EARLIER_KEYS = 64
_TITLE_OCTETS = 8  # a ninth octet names another key than the global one
_BROADCAST = Use.BROADCAST.value
_MARK_OCTETS = 16


class Reservation:
    """One counter and the bound that covers it."""

    __slots__ = ("bound", "step", "used", "value")

    def __init__(self, value: int = 0) -> None:
        self.value = value
        self.bound = value
        self.step = SMALLEST_STEP
        self.used = 0

    def outgrow(self) -> None:
        """Take a new bound: the counter has come above the one it had."""
        self.bound = self.value if self.value > HIGHEST - self.step else self.value + self.step

    def pace(self) -> None:
        """Let the step follow the use since the last call."""
        self.step = min(max(SMALLEST_STEP, STEPS_PER_TICK * self.used), LARGEST_STEP)
        self.used = 0


class InvocationCounters:
    """The counters of one meter: its own by client address, received ones by client address and client title.

    `MOST_TITLES` titles are told apart per key; a title that is forgotten leaves its counter as a floor for all
    unknown ones of its kind, so forgetting never opens a door for a replay. With another encryption key a client counts
    afresh; but one that was in force before goes on where it was left, so that what was recorded under it stays old. As
    many as `MOST_EARLIER_KEYS` are told apart per client; the highest counter under those forgotten is the floor of new
    ones.
    """

    __slots__ = (
        "_accepted",
        "_earlier",
        "_floors",
        "_forgotten",
        "_lasting",
        "_own",
        "_restarts",
        "_titles",
        "must_store",
    )

    def __init__(self) -> None:
        self._own: dict[int, Reservation] = {}
        self._accepted: dict[int, dict[bytes, Reservation]] = {}
        self._floors: dict[int, int] = {}
        """Of titles under a global key, by client: another key has another one."""
        self._lasting: dict[int, int] = {}
        """Of those under keys that live for one APDU, and of signatures: what holds whatever the global keys are."""
        self._restarts: dict[int, bytes] = {}
        """Clients whose next request comes under another key, and the mark of it."""
        self._earlier: dict[int, dict[bytes, int]] = {}
        """By client and the mark of a key that was in force before: the highest counter accepted under it."""
        self._forgotten: dict[int, int] = {}
        self._titles: dict[int, bytes] = {}
        self.must_store = False

    def last_accepted(self, sap: int, title: bytes) -> int:
        """The highest counter accepted from `title` under this client's key."""
        if sap in self._restarts and _is_standing(title):
            self._begin_afresh(sap)
        known = self._accepted.get(sap, {}).get(title)
        return known.value if known else self._floor(sap, title)

    def highest_accepted(self, sap: int) -> int:
        """The highest counter accepted from anybody under this client's key, or under the one for all meters."""
        return max(self._standing(sap), default=self._floors.get(sap, 0))

    def last_title(self, sap: int) -> bytes:
        """The title that used this client's key last; empty before the first."""
        return self._titles.get(sap, b"")

    def restart(self, sap: int, before: bytes, after: bytes) -> None:
        """The client has the encryption key `after` from the next APDU on, and may count from 1 with it.

        A key that was in force before goes on where it was left. The meter's own counter goes on in any case: under any
        key it is used once only, whoever sends what before the next request.
        """
        if sap in self._restarts:
            self._begin_afresh(sap)
        earlier = self._earlier.setdefault(sap, {})
        earlier[_mark(before)] = self.highest_accepted(sap)
        self._restarts[sap] = _mark(after)
        while len(earlier) > MOST_EARLIER_KEYS:
            oldest = next(iter(earlier))
            self._forgotten[sap] = max(self._forgotten.get(sap, 0), earlier.pop(oldest))
        self.must_store = True

    def knows_elsewhere(self, sap: int, key: bytes) -> bool:
        """Whether an encryption key was in force before for another client."""
        mark = _mark(key)
        return any(mark in earlier for other, earlier in self._earlier.items() if other != sap)

    def accept(self, sap: int, title: bytes, counter: int) -> None:
        """Take note of a verified counter above `last_accepted`."""
        titles = self._accepted.setdefault(sap, {})
        known = titles.get(title)
        if known is None:
            if len(titles) >= MOST_TITLES:
                self._forget_one(sap, titles)
            known = titles[title] = Reservation(self._floor(sap, title))
        self._titles[sap] = title[:_TITLE_OCTETS]
        known.value = counter
        known.used += 1
        if counter > known.bound:
            known.outgrow()
            self.must_store = True

    def next_own(self, sap: int) -> int:
        """The meter's next counter under this client's key.

        Raises:
            LocalProtocolError: the counter is used up; only a new key helps.
        """
        own = self._own.get(sap)
        if own is None:
            own = self._own[sap] = Reservation()
        value = own.value + 1
        if value > HIGHEST:
            raise LocalProtocolError(f"the invocation counter of client {sap} is used up")
        own.value = value
        own.used += 1
        if value > own.bound:
            own.outgrow()
            self.must_store = True
        return value

    def pace(self) -> None:
        """Once per tick: let each step follow its use."""
        for reservation in self._all():
            reservation.pace()

    def settle(self) -> None:
        """At a clean stop: store the counters exactly."""
        for reservation in self._all():
            reservation.bound = reservation.value

    def saved(self) -> Mapping[str, Scalar]:
        values: dict[str, Scalar] = {f"own.{sap}": own.bound for sap, own in self._own.items()}
        values.update((f"floor.{sap}", floor) for sap, floor in self._floors.items())
        values.update((f"lasting.{sap}", floor) for sap, floor in self._lasting.items())
        values.update((f"restart.{sap}", mark) for sap, mark in self._restarts.items())
        values.update((f"forgotten.{sap}", floor) for sap, floor in self._forgotten.items())
        for sap, keys in self._earlier.items():
            values.update((f"earlier.{sap}.{mark.hex()}", last) for mark, last in keys.items())
        values.update((f"title.{sap}", title) for sap, title in self._titles.items())
        for sap, titles in self._accepted.items():
            values.update((f"accepted.{sap}.{title.hex()}", known.bound) for title, known in titles.items())
        return values

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self._own, self._accepted, self._floors, self._titles, self._restarts = {}, {}, {}, {}, {}
        self._earlier, self._forgotten, self._lasting = {}, {}, {}
        for name, value in saved.items():
            kind, number, *octets = name.split(".")
            sap, what = int(number), bytes.fromhex(octets[0] if octets else "")
            if isinstance(value, bytes):
                (self._restarts if kind == "restart" else self._titles)[sap] = value
            elif isinstance(value, int):
                self._restore_number(kind, sap, what, value)

    def _restore_number(self, kind: str, sap: int, what: bytes, value: int) -> None:
        match kind:
            case "own":
                self._own[sap] = Reservation(value)
            case "floor":
                self._floors[sap] = value
            case "lasting":
                self._lasting[sap] = value
            case "restart":  # as it was stored before keys had marks
                self._restarts[sap] = b""
            case "forgotten":
                self._forgotten[sap] = value
            case "earlier":
                self._earlier.setdefault(sap, {})[what] = value
            case _:
                self._accepted.setdefault(sap, {})[what] = Reservation(value)

    def _begin_afresh(self, sap: int) -> None:
        """Forget what was accepted under the key before; take up what was under the one in force, if it was before."""
        mark = self._restarts.pop(sap)
        titles = self._accepted.get(sap, {})
        for title in [title for title in titles if _is_standing(title)]:
            del titles[title]
        self._floors[sap] = self._earlier.get(sap, {}).pop(mark, self._forgotten.get(sap, 0))
        self.must_store = True

    def _standing(self, sap: int) -> Iterator[int]:
        titles = self._accepted.get(sap, {})
        return (known.value for title, known in titles.items() if _is_standing(title))

    def _forget_one(self, sap: int, titles: dict[bytes, Reservation]) -> None:
        title = min(titles, key=lambda known: titles[known].value)
        floors = self._floors if _is_standing(title) else self._lasting
        floors[sap] = max(floors.get(sap, 0), titles.pop(title).bound)
        self.must_store = True

    def _floor(self, sap: int, title: bytes) -> int:
        return (self._floors if _is_standing(title) else self._lasting).get(sap, 0)

    def _all(self) -> list[Reservation]:
        return [*self._own.values(), *(known for titles in self._accepted.values() for known in titles.values())]


def _is_standing(title: bytes) -> bool:
    """Whether a title is one under a global key, the client's own or that for all meters."""
    return len(title) == _TITLE_OCTETS or title[_TITLE_OCTETS] == _BROADCAST


def _mark(key: bytes) -> bytes:
    """What tells keys apart, and says nothing about them."""
    return hashlib.sha256(b"an encryption key of a client" + key).digest()[:_MARK_OCTETS]
