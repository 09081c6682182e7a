"""Events in one line, whatever they hold."""

from dataclasses import dataclass
from enum import Enum

import pytest

from softmeter.runtime.event_text import event_text


class Mechanism(Enum):
    HLS_GMAC = 5


@dataclass(frozen=True, slots=True)
class LoginFailed:
    sap: int
    mechanism: Mechanism


@dataclass(frozen=True, slots=True)
class AttributeSet:
    key: bytes
    reason: str


class Closed:
    pass


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (LoginFailed(1, Mechanism.HLS_GMAC), "login failed sap=1 mechanism=hls_gmac"),
        (AttributeSet(b"\x00\xff", "two\nlines"), r"attribute set key=00ff reason='two\nlines'"),
        (Closed(), "closed"),
    ],
)
def test_events_read_as_one_line(event: object, text: str) -> None:
    assert event_text(event) == text
