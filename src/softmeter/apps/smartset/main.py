"""The entrance of smartset: runs a command, and ends every failure in one line on stderr and exit status 2."""

import sys
from typing import Any

from typer.exceptions import TyperException

from softmeter.apps.command_line import command_of, wrong_argument
from softmeter.apps.smartset.call_examples import with_examples
from softmeter.apps.smartset.commands import app
from softmeter.apps.smartset.values import harmless
from softmeter.apps.telling import all_written, say, write_any_letter
from softmeter.errors import MeterError
from softmeter.runtime.descriptors import open_standard_streams

FAILED, INTERRUPTED = 2, 130


def main() -> None:
    """Run smartset with the arguments of the process."""
    open_standard_streams()
    write_any_letter()
    status = run(sys.argv[1:])
    sys.exit(status if all_written() else FAILED)


def run(arguments: list[str]) -> int:
    """The exit status of smartset with `arguments`."""
    command = with_examples(command_of(app))
    if _given_twice(arguments, command.params):
        return _say("--keys is given twice, and a meter has one key file; leave one out")
    try:
        status = command.main(arguments, prog_name=app.info.name, standalone_mode=False)
    except TyperException as error:
        message = error.format_message()
        if message.startswith("Usage:"):  # called without any argument
            print(message, file=sys.stderr)
            return FAILED
        return _say(_misplaced(error, command.params) or wrong_argument(error) + _help(error))
    except SystemExit:  # so typer ends where whoever read our output has left
        return 0
    except MeterError as error:
        return _say(str(error))
    except OSError as error:
        return _say(f"{error.filename or 'output'}: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 - a person at the keyboard gets a line, never a traceback
        return _say(f"a mistake in smartset itself: {type(error).__name__}: {error}; please report it")
    if status == INTERRUPTED:
        _say("interrupted")
    return status if isinstance(status, int) else 0


def _given_twice(arguments: list[str], options: list[Any]) -> bool:
    """Whether there are two key files before the command: only one could count, and nobody would hear which."""
    seen = 0
    left = iter(arguments)
    for argument in left:
        name, has_value, _ = argument.partition("=")
        option = next((one for one in options if name in one.opts), None)
        if option is None:
            break
        seen += name == "--keys"
        if not option.is_flag and not has_value:
            next(left, None)
    return seen > 1


def _help(error: TyperException) -> str:
    """Where it is said how a command is called, unless the message says what is wanted."""
    if "Did you mean" in error.format_message() or error.__cause__ is not None:
        return ""
    path = getattr(getattr(error, "ctx", None), "command_path", "smartset")
    return f"; see {path} --help"


def _say(message: str) -> int:
    say(f"smartset: {harmless(' '.join(message.split()))}")
    return FAILED


def _misplaced(error: TyperException, options: list[Any]) -> str:
    name = getattr(error, "option_name", "")
    if hasattr(error, "possibilities") and any(name in option.opts for option in options):
        path = getattr(getattr(error, "ctx", None), "command_path", "smartset")
        return f"{name} stands before the command: smartset {name} …{path.removeprefix('smartset')}".strip()
    return ""
