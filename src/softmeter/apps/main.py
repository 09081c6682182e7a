"""The `softmeter` command."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from softmeter.apps.accuracy.cli import app as accuracy
from softmeter.apps.command_line import command_of, examples, wrong_argument
from softmeter.apps.config.cli import app as config
from softmeter.apps.firmware.cli import app as firmware
from softmeter.apps.keys.cli import app as keys_app
from softmeter.apps.logs import LogLevel
from softmeter.apps.scenario.cli import app as scenario
from softmeter.apps.version import Version

WRONG = 2

app = typer.Typer(
    name="softmeter",
    help="A complete smart electricity meter in software.",
    epilog=examples(
        "softmeter demo",
        "softmeter run --state my-meter --source household:seed=7",
        "softmeter scenario run outage-over-midnight",
        "softmeter decode C001C100080000010000FF0200",
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(accuracy, name="accuracy", short_help="Run the tests of a type test on the metrology.")
app.add_typer(scenario, name="scenario")
app.add_typer(firmware, name="firmware")
app.add_typer(keys_app, name="keys")
app.add_typer(config, name="config")

State = Annotated[Path, typer.Option("--state", metavar="DIR", help="Where the meter keeps what must survive.")]
Config = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="Settings: a TOML file, or factory, nl or be.")
]
KeyFile = Annotated[
    Path | None, typer.Option("--keys", metavar="FILE", help="Keys for a first start, instead of fresh ones.")
]
Wan = Annotated[str | None, typer.Option("--wan", metavar="HOST:PORT", help="DLMS port [127.0.0.1:4059].")]
P1 = Annotated[
    str | None, typer.Option("--p1", metavar="PLACE", help="P1 port: HOST:PORT, pty, or a device [127.0.0.1:4061].")
]
P1Variant = Annotated[
    str | None, typer.Option("--p1-variant", metavar="NAME", help="P1 telegrams: nl, be, lu or nl-encrypted [nl].")
]
P1Paced = Annotated[
    bool, typer.Option("--p1-paced", help="Let time stand still until a reader has taken each P1 telegram.")
]
Optical = Annotated[
    str | None,
    typer.Option("--optical", metavar="PLACE", help="Optical port: HOST:PORT, pty, or a device [127.0.0.1:4062]."),
]
MBus = Annotated[
    str | None,
    typer.Option(
        "--mbus", metavar="PLACE", help="Line with M-Bus sub-meters: HOST:PORT, pty, or a device@BAUD [none]."
    ),
]
Pulses = Annotated[
    str | None,
    typer.Option("--pulses", metavar="HOST:PORT", help="Stream of pulses, a line of JSON for each [none]."),
]
PulsesPaced = Annotated[
    bool,
    typer.Option("--pulses-paced", help="Let time stand still until readers have taken the pulses of each second."),
]
Panel = Annotated[str | None, typer.Option("--panel", metavar="HOST:PORT", help="Web panel [127.0.0.1:8080].")]
PanelToken = Annotated[
    str | None, typer.Option("--panel-token", metavar="TEXT", help="Secret for a panel on another address.")
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="SPEC",
        help="What the meter measures: a recording (.csv .npz .parquet .h5 .wav .flac .cfg .cff), demo, "
        "household:seed=7, constant:u=230,i=5,pf=0.8,f=50, or waveforms: grid:i=5,h5=2, grid+household:seed=7, "
        "grid+file:day.csv.",
    ),
]
Start = Annotated[
    str | None, typer.Option("--start", metavar="ISO", help="Simulated instant of the first power-on [now].")
]
JumpTo = Annotated[
    str | None, typer.Option("--jump-to", metavar="ISO", help="Advance there at full speed before the ports open.")
]
Rate = Annotated[
    float, typer.Option("--rate", metavar="N", help="Simulated seconds per second: 0 stands still, 1 is real time.")
]
OffFor = Annotated[
    str | None,
    typer.Option("--off-for", metavar="DURATION", help="How long power was off since the last stop: 90s, 2h, 3d."),
]
Trace = Annotated[
    Path | None,
    typer.Option("--trace", metavar="FILE.pcapng", help="Write what passes the ports, decoded, for Wireshark."),
]
KeyLog = Annotated[
    Path | None, typer.Option("--keylog", metavar="FILE", help="Write the keys that clients use; guard this file.")
]
Logged = Annotated[
    LogLevel, typer.Option("--log-level", help="What is logged: with info each connection and call, with warning not.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object when all ports answer.")]


@app.callback()
def softmeter(*, version: Version = False) -> None:
    """A complete smart electricity meter in software."""


def _like(
    command: Callable[..., None], *, without: tuple[str, ...], **defaults: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of another one, less some, with `defaults` of its own."""

    def taken(other: Callable[..., None]) -> Callable[..., None]:
        shared = inspect.signature(command)
        options = [
            option.replace(default=defaults.get(name, option.default))
            for name, option in shared.parameters.items()
            if name not in without
        ]
        vars(other)["__signature__"] = shared.replace(parameters=options)
        return other

    return taken


@app.command()
def run(
    state: State = Path("meter"),
    config: Config = None,
    keys: KeyFile = None,
    wan: Wan = None,
    p1: P1 = None,
    p1_variant: P1Variant = None,
    p1_paced: P1Paced = False,
    optical: Optical = None,
    mbus: MBus = None,
    pulses: Pulses = None,
    pulses_paced: PulsesPaced = False,
    panel: Panel = None,
    panel_token: PanelToken = None,
    source: Source = None,
    start: Start = None,
    jump_to: JumpTo = None,
    rate: Rate = 1.0,
    off_for: OffFor = None,
    trace: Trace = None,
    keylog: KeyLog = None,
    log_level: Logged = LogLevel.INFO,
    json: Json = False,
) -> None:
    """Run a meter; the first start makes it, every later one goes on after a power cut."""
    _live(locals())


@app.command()
@_like(run, state=Path("demo"), without=("config", "keys", "panel_token"))
def demo(**given: Any) -> None:
    """Run a Dutch meter on a recorded household, with known keys and a week of history: everything on."""
    from softmeter.apps.demo import demonstration

    _live(demonstration(given))


@app.command(
    epilog=examples(
        "softmeter decode C001C100080000010000FF0200",
        "softmeter decode --keys meter/keys.toml trace.pcapng",
        "softmeter decode --key 36C66639E48A8CA4D6BC8B282A793BBB gateway.log",
    )
)
def decode(
    what: Annotated[
        str, typer.Argument(metavar="HEX|FILE|-", help="Octets in hexadecimal, a file, or standard input.")
    ],
    keys: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A keys.toml or key log: opens what is ciphered. Any number of them."),
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(metavar="HEX", help="Encryption key; any number of them are tried.")
    ] = None,
    auth_key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HEX", help="Authentication key: one for all keys, or one for each; without it no tag is checked."
        ),
    ] = None,
    title: Annotated[str, typer.Option(metavar="HEX", help="System title of the sender, where it is not said.")] = "",
    secrets: Annotated[bool, typer.Option("--secrets", help="Show passwords and keys that are in the octets.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what octets say: any frame, datagram, APDU, telegram or capture; status 1 if something in them is wrong."""
    from softmeter.apps.decode.command import DecodeOptions
    from softmeter.apps.decode.command import decode as print_decoded

    raise typer.Exit(print_decoded(DecodeOptions(what, keys or (), key or (), auth_key or (), title, secrets, json)))


@app.command()
def submeters(
    meters: Annotated[
        str, typer.Argument(metavar="KIND[:SEED],...", help="gas, water, heat, electricity; several with commas.")
    ] = "gas,water,heat,electricity",
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT|pty|DEVICE[@BAUD]", help="The line they are on.")
    ] = "127.0.0.1:4063",
    at: Annotated[
        str | None, typer.Option("--at", metavar="ISO", help="Instant at which they stand [they go with real time].")
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="Where they keep what they remember, keys too [nowhere]."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object when the line answers.")] = False,
) -> None:
    """Run simulated M-Bus sub-meters on a line of their own, for other masters to read."""
    from softmeter.apps.logs import to_standard_error
    from softmeter.apps.options import instant
    from softmeter.apps.submeters import SubMeterOptions, serve
    from softmeter.runtime.loop import run as run_loop

    to_standard_error()
    run_loop(serve(SubMeterOptions(meters, listen, instant(at, "--at"), json, state)))


@app.command()
def pulses(
    address: Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where the meter's stream of pulses is.")],
    output: Annotated[
        str | None, typer.Option("--output", metavar="NAME", help="Only this output: active or reactive [both].")
    ] = None,
    intervals: Annotated[
        int | None,
        typer.Option("--intervals", metavar="N", min=1, help="End after so many intervals [Ctrl-C ends it]."),
    ] = None,
    reference: Annotated[
        float | None,
        typer.Option("--reference", metavar="W", help="Power of the load, W or var: tells the error of the meter."),
    ] = None,
) -> None:
    """Read a meter's stream of pulses; the power between two of them, and at the end over all of them."""
    from softmeter.apps.pulses import asked, read

    read(asked(address, output, intervals, reference))


@app.command()
def version() -> None:
    """Print the version."""
    from softmeter import __version__
    from softmeter.apps.telling import tell

    tell(__version__)


def _live(given: dict[str, Any]) -> None:
    from softmeter.apps.living import live
    from softmeter.apps.logs import to_standard_error
    from softmeter.apps.options import RunOptions, duration_ns, instant
    from softmeter.runtime.loop import run as run_loop

    off_for, log_level = given.pop("off_for"), given.pop("log_level")
    options = RunOptions(
        **{
            **given,
            "start": instant(given["start"], "--start"),
            "jump_to": instant(given["jump_to"], "--jump-to"),
            "off_for_ns": None if off_for is None else duration_ns(off_for, "--off-for"),
        }
    )
    to_standard_error(log_level)
    run_loop(live(options))


def main() -> None:
    """Run the command; what a person did wrong ends in one line and status 2."""
    from softmeter.apps.telling import all_written, write_any_letter
    from softmeter.runtime.descriptors import open_standard_streams

    open_standard_streams()
    write_any_letter()
    status = _run()
    raise SystemExit(status if all_written() else WRONG)


def _run() -> int:
    """The exit status of the command that the process was given."""
    from softmeter.apps.telling import say
    from softmeter.errors import MeterError

    try:
        status = command_of(app).main(prog_name=app.info.name, standalone_mode=False)
    except TyperException as error:
        say(_usage(error))
        return WRONG
    except (MeterError, OSError) as error:
        say(f"softmeter: {error}")
        return WRONG
    except SystemExit:  # so typer ends where whoever read our output has left
        return 0
    return status if isinstance(status, int) else 0


def _usage(error: TyperException) -> str:
    """What is wrong with the arguments of the process, and where to look."""
    message = error.format_message()
    if message.startswith("Usage:"):  # called without any argument
        return message
    message = wrong_argument(error)
    context = getattr(error, "ctx", None)
    see = " See" if message.endswith("?") else "; see"
    program = context.command_path if context else app.info.name
    return f"softmeter: {message}{see} {program} --help"
