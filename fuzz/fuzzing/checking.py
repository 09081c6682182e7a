"""What is read must be what was written."""

from fuzzing.target import FaultError


def same(first: object, second: object, what: str) -> None:
    """Compare two readings.

    Raises:
        FaultError: they differ.
    """
    if first != second and repr(first) != repr(second):  # by repr: NaN is not equal to itself
        raise FaultError("answer", f"{what} is not read back as it was: {second!r:.200} instead of {first!r:.200}")
