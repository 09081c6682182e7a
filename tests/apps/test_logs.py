"""Log lines as people read them."""

import logging

from softmeter.apps.logs import Lines


def test_each_line_of_a_message_begins_as_the_first_one_does() -> None:
    lines = Lines("%(name)s: %(message)s")
    record = logging.makeLogRecord({"name": "softmeter.wan", "msg": "%s", "args": ("one comes\nanother goes",)})
    assert lines.format(record) == "softmeter.wan: one comes\nsoftmeter.wan: another goes"
    record = logging.makeLogRecord({"name": "softmeter.wan", "msg": "one comes", "exc_text": "Traceback\n  of it"})
    assert lines.format(record) == "softmeter.wan: one comes\nTraceback\n  of it"
