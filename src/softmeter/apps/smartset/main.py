"""The entrance of smartset: runs a command, and ends every failure in one line on stderr and exit status 2."""

import sys
from typing import Any

from typer.exceptions import TyperException

from softmeter.apps.command_line import command_of
from softmeter.apps.smartset.commands import app
from softmeter.apps.telling import all_written
from softmeter.errors import MeterError

FAILED, INTERRUPTED = 2, 130


def main() -> None:
    """Run smartset with the arguments of the process."""
    status = run(sys.argv[1:])
    sys.exit(status if all_written() else FAILED)


def run(arguments: list[str]) -> int:
    """The exit status of smartset with `arguments`."""
    command = command_of(app)
    try:
        status = command.main(arguments, prog_name=app.info.name, standalone_mode=False)
    except TyperException as error:
        message = error.format_message()
        if message.startswith("Usage:"):  # called without any argument
            print(message, file=sys.stderr)
            return FAILED
        return _say(_misplaced(error, command.params) or message)
    except SystemExit:  # so typer ends where whoever read our output has left
        return 0
    except (MeterError, OSError) as error:
        return _say(str(error))
    except Exception as error:  # noqa: BLE001 - a person at the keyboard gets a line, never a traceback
        return _say(f"a mistake in smartset itself: {type(error).__name__}: {error}; please report it")
    if status == INTERRUPTED:
        _say("interrupted")
    return status if isinstance(status, int) else 0


def _say(message: str) -> int:
    print(f"smartset: {' '.join(message.split())}", file=sys.stderr)
    return FAILED


def _misplaced(error: TyperException, options: list[Any]) -> str:
    name = getattr(error, "option_name", "")
    if any(name in option.opts for option in options):
        return f"{name} stands before the command: smartset {name} … {' '.join(sys.argv[1:2])}"
    return ""
