"""Log lines on standard error."""

import logging
from enum import Enum


class LogLevel(Enum):
    """The least that is worth a line."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Lines(logging.Formatter):
    """Each line of a message begins as the first one does."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - its name in the library
        text = super().formatMessage(record)
        begin = text[: len(text) - len(record.message)]
        return text.replace("\n", f"\n{begin}")


def to_standard_error(least: LogLevel = LogLevel.INFO) -> None:
    """One line per event, time first."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines("%(asctime)s %(name)s: %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=least.name, handlers=[handler])
    for chatty in ("uvicorn", "uvicorn.error", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    _find_out_less()


def _find_out_less() -> None:
    """Have no line look up what none of them shows: file, thread, process (logging HOWTO, "Optimization")."""
    logging._srcfile = None  # noqa: SLF001 - the documented way
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
