"""Log lines on standard error."""

import logging


def to_standard_error() -> None:
    """One line per event, time first."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", datefmt="%H:%M:%S")
    for chatty in ("uvicorn", "uvicorn.error", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    _find_out_less()


def _find_out_less() -> None:
    """Have no line look up what none of them shows: file, thread, process (logging HOWTO, "Optimization")."""
    logging._srcfile = None  # noqa: SLF001 - the documented way
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
