"""What a cut leaves of writes that were under way: all, none, a part, torn ones, any of them in any order."""

from collections.abc import Sequence
from enum import Enum
from random import Random

from crashing.disk import Kind, Op

_SECTOR = 512


class Leaving(Enum):
    """Kinds of cuts; the process alone is killed in the first, the machine in the others."""

    KEPT = "kept"
    DROPPED = "dropped"
    SHORTENED = "shortened"
    """The last ones are missing."""
    TORN = "torn by sectors"
    CUT = "torn by octets"
    REORDERED = "reordered"


def left(pending: Sequence[Op], leaving: Leaving, random: Random) -> list[Op]:
    """The part of `pending` that reached the disk, in a cut of this kind."""
    match leaving:
        case Leaving.KEPT:
            return [*pending]
        case Leaving.DROPPED:
            return []
        case Leaving.SHORTENED:
            return [*pending[: random.randrange(len(pending) + 1)]]
        case Leaving.TORN:
            return [*pending[:-1], *(_sectors(op, random) for op in pending[-1:])]
        case Leaving.CUT:
            return [*pending[:-1], *(_octets(op, random) for op in pending[-1:])]
        case Leaving.REORDERED:
            share = random.choice((0.15, 0.5, 0.85))
            kept = [op for op in pending if random.random() < share]
            return [_sectors(op, random) if random.random() < 0.15 else op for op in kept]


def _sectors(op: Op, random: Random) -> Op:
    """Of a write the first or the last sectors, as those on the disk are."""
    inner = [at - op.offset for at in range(-(-op.offset // _SECTOR) * _SECTOR, op.offset + len(op.data), _SECTOR)]
    inner = [at for at in inner if 0 < at < len(op.data)]
    if op.kind is not Kind.WRITTEN or not inner:
        return op
    at = random.choice(inner)
    if random.random() < 0.5:
        return op._replace(data=op.data[:at])
    return op._replace(offset=op.offset + at, data=op.data[at:])


def _octets(op: Op, random: Random) -> Op:
    """Of a write the first octets."""
    return op._replace(data=op.data[: random.randrange(len(op.data))]) if op.kind is Kind.WRITTEN and op.data else op
