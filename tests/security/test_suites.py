import pytest

from softmeter.errors import LocalProtocolError
from softmeter.security.suites import Key, Suite


def test_a_key_does_not_show_itself() -> None:
    key = Key(b"0123456789ABCDEF")
    for text in (repr(key), str(key), f"{key}", f"{key!r}", f"{key:>30}", repr([key])):
        assert "0123" not in text
        assert "16 octets" in text
    assert key == b"0123456789ABCDEF"


@pytest.mark.parametrize(("suite", "size"), [(Suite.SUITE_0, 16), (Suite.SUITE_1, 16), (Suite.SUITE_2, 32)])
def test_each_suite_has_its_length_of_keys(suite: Suite, size: int) -> None:
    assert len(Key.of(bytes(size), suite)) == size
    with pytest.raises(LocalProtocolError, match=f"has {size} octets, not {size - 1}"):
        Key.of(bytes(size - 1), suite)
