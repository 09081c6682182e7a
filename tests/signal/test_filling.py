"""What is said of values that a recording has not got."""

from softmeter.signal.filling import lacking


def test_one_value_is_missing_and_two_are() -> None:
    assert [lacking(count) for count in (1, 2)] == [
        "1 value is missing, this is the first",
        "2 values are missing, this is the first",
    ]
