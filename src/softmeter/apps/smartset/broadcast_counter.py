"""How far we have counted with messages to all meters, by key: in a file beside the key file."""

from softmeter.apps.used_counters import UsedCounters

BROADCAST = UsedCounters(
    ".broadcast",
    b"a broadcast key",
    "the broadcast key is used up; replace it: smartset … keys transfer --key broadcast",
    "is damaged; where it is lost, replace the broadcast key before the next message",
)
