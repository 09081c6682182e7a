"""What can be known to be wrong with a start before anything of it is made: settings, places, files to be written."""

from pathlib import Path

from softmeter.apps import assembly, configuration, mbus_setup
from softmeter.apps.decode.keyring import KEYLOG
from softmeter.apps.module_line import check_apart
from softmeter.apps.options import RunOptions
from softmeter.apps.ports import Listening, Ports, check_free, listening
from softmeter.errors import ConfigurationError
from softmeter.runtime import image_keys
from softmeter.runtime.bench_time import check_rate
from softmeter.runtime.inspection import JOURNALS
from softmeter.runtime.lock import LOCK_NAME
from softmeter.runtime.mark import MARK_NAME
from softmeter.runtime.optical_port import Place
from softmeter.runtime.store import FILE_NAME
from softmeter.runtime.trace import KEY_LOG, TRACE, TRACE_BEGINS
from softmeter.runtime.whole_file import check_kind, check_writable, fresh_name

_KEPT = (FILE_NAME, MARK_NAME, assembly.KEY_FILE, image_keys.FILE_NAME)
_OWN = frozenset({LOCK_NAME, *_KEPT, *map(fresh_name, _KEPT), *(FILE_NAME + suffix for suffix in (*JOURNALS, "-shm"))})
"""The files of a state directory, and those in which they are written anew."""


async def check_start(options: RunOptions) -> None:
    """Refuse a start that cannot come to anything; where there is no meter yet, nothing is made of it then.

    Raises:
        ConfigurationError: an option, a file or a place cannot be used.
    """
    check_rate(options.rate)
    written = {
        "--trace": (options.trace, TRACE_BEGINS, TRACE),
        "--keylog": (options.keylog, KEYLOG.encode(), KEY_LOG),
    }
    for option, (path, begins, kind) in written.items():
        if path is not None:
            _check_file(path, option, options.state)
            check_kind(path, kind, (begins,))
    if options.trace and options.keylog and options.trace.resolve() == options.keylog.resolve():
        raise ConfigurationError(f"{options.keylog} is where the trace goes; choose another file", "--keylog")
    if not (options.state / FILE_NAME).exists():
        name = options.config or assembly.FACTORY
        given = configuration.parse(configuration.text(name), name, assembly.asked(options))
        await usable_places(options, given.ports, name, given.modem.at_place, given.mbus)


async def usable_places(
    options: RunOptions, ports: Ports, source: str, at_place: Place | None, mbus: mbus_setup.MBusTable
) -> Listening:
    """The ports of a start, all of which can be used now; `source` is the file that they come from.

    Raises:
        ConfigurationError: one cannot be listened on, is no device that is there, or two are at one place.
    """
    places = listening(options, ports, source)
    check_apart(at_place, places)
    await check_free(places, at_place, mbus_setup.device_of(mbus, options, source))
    return places


def _check_file(path: Path, option: str, state: Path) -> None:
    if path.parent.resolve() == state.resolve() and path.name in _OWN:
        raise ConfigurationError(f"{path} is the meter's own; choose another file", option)
    check_writable(path, option, coming=state, in_place=True)
