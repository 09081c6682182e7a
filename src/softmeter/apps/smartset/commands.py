"""The commands of smartset and their options; what they do is imported when they are called."""

from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from softmeter.apps.command_line import examples
from softmeter.apps.smartset import (
    backup_commands,
    display_commands,
    firmware_commands,
    key_commands,
    push_commands,
    tariff_commands,
)
from softmeter.apps.smartset.settings import METER, TITLE, Settings, parse_title
from softmeter.apps.version import Version
from softmeter.errors import ConfigurationError

app = typer.Typer(
    name="smartset",
    help="Read and configure a DLMS/COSEM meter over TCP, UDP or a serial line.",
    epilog=examples(
        "smartset info",
        "smartset --client management --keys demo/keys.toml get active_import voltage",
        "smartset --client management --keys demo/keys.toml profile load --last 4",
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)
clock_app = typer.Typer(help="Show the meter's clock, or set it.", invoke_without_command=True, rich_markup_mode=None)
app.add_typer(clock_app, name="clock")
app.add_typer(tariff_commands.app, name="tariff")
app.add_typer(firmware_commands.app, name="firmware")
app.add_typer(backup_commands.app)
app.add_typer(display_commands.app, name="display")
app.add_typer(push_commands.push_app, name="push")
app.add_typer(key_commands.app, name="keys")

_NEGATIVE = {"ignore_unknown_options": True}
"""A value may be a negative number."""


class Mechanism(Enum):
    """How the client proves who it is."""

    LOWEST = "lowest"
    LLS = "lls"
    HLS5 = "hls5"
    HLS6 = "hls6"
    HLS7 = "hls7"


def _begun(incomplete: str) -> list[str]:
    """The names of objects that a shell may complete."""
    from softmeter.apps.smartset.names import NAMES

    return [name for name in NAMES if name.startswith(incomplete)]


TargetArgument = Annotated[
    str,
    typer.Argument(metavar="NAME|OBIS[:ATTRIBUTE]", help="clock:time, 1-0:1.8.0, 0-0:1.0.0:3", autocompletion=_begun),
]
ClassOption = Annotated[
    int | None, typer.Option("--class", metavar="N", min=0, max=65_535, help="Class id, where it must be told.")
]
TypeOption = Annotated[
    str, typer.Option("--type", metavar="TYPE", help="Type of VALUE, such as long-unsigned; a-xdr for encoded hex.")
]


@app.callback()
def connect(
    context: typer.Context,
    *,
    version: Version = False,  # noqa: ARG001 - told by the option itself
    meter: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the meter listens.")] = METER,
    client: Annotated[
        str, typer.Option(metavar="NAME", help="public, readout, management, maintenance, or an entry of KEYS.")
    ] = "public",
    keys: Annotated[Path | None, typer.Option(metavar="FILE", help="The meter's keys.toml.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, max=86_400, help="How long to wait for an answer.")
    ] = 10.0,
    sap: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=65_535, help="Client address, where it is not the usual.")
    ] = None,
    server_sap: Annotated[int, typer.Option(metavar="N", min=0, max=65_535, help="Address of the logical device.")] = 1,
    general: Annotated[bool, typer.Option("--general", help="Use general-glo-ciphering.")] = False,
    mechanism: Annotated[Mechanism | None, typer.Option(help="Authentication, where it is not the usual.")] = None,
    suite: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=1, help="Security suite, where the key file does not say it.")
    ] = None,
    sign: Annotated[bool, typer.Option("--sign", help="Sign every request, with signing_key of the key file.")] = False,
    title: Annotated[str, typer.Option(metavar="HEX", help="System title of this client.")] = TITLE.hex(),
    trace: Annotated[
        Path | None, typer.Option(metavar="FILE.pcapng", help="Write what passes, decoded, for Wireshark.")
    ] = None,
    keylog: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the keys that are used; guard this file.")
    ] = None,
    serial: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="A serial device or pseudo-terminal instead of HOST:PORT.")
    ] = None,
    hdlc: Annotated[
        bool, typer.Option("--hdlc", help="HDLC instead of the wrapper, as the optical port speaks.")
    ] = False,
    mode_e: Annotated[bool, typer.Option("--mode-e", help="Open HDLC with IEC 62056-21 mode E.")] = False,
    udp: Annotated[bool, typer.Option("--udp", help="UDP instead of TCP.")] = False,
) -> None:
    way = mechanism.value if mechanism else None
    context.obj = Settings(
        meter,
        client,
        keys,
        json,
        timeout,
        sap,
        server_sap,
        general,
        way,
        parse_title(title),
        trace,
        keylog,
        serial,
        hdlc,
        mode_e,
        udp,
        suite,
        sign,
    )


@app.command()
def info(context: typer.Context) -> None:
    """Show who the meter is, its clock, counters and what it offers this client."""
    from softmeter.apps.smartset.identity import show_info

    show_info(context.obj)


@app.command("list")
def list_objects(context: typer.Context) -> None:
    """List the objects this client may see, with its rights."""
    from softmeter.apps.smartset.objects import show_objects

    show_objects(context.obj)


@app.command()
def get(
    context: typer.Context,
    targets: Annotated[list[str], typer.Argument(metavar="NAME|OBIS[:ATTRIBUTE]", autocompletion=_begun)],
    class_id: ClassOption = None,
) -> None:
    """Read values, with their units.

    Without an attribute the main one is read. NAME is a word such as active_import, active_import_t1, voltage, clock,
    load or daily.
    """
    from softmeter.apps.smartset.reading import show_values

    show_values(context.obj, targets, class_id)


@app.command("set", context_settings=_NEGATIVE)
def set_value(
    context: typer.Context,
    target: TargetArgument,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="As get prints it; lists as JSON; now for a time.")],
    type_word: TypeOption = "",
    class_id: ClassOption = None,
) -> None:
    """Set an attribute, typed as the meter's value is now; shows the old and the new value."""
    from softmeter.apps.smartset.changing import change

    change(context.obj, target, value, type_word, class_id)


@app.command(context_settings=_NEGATIVE)
def call(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(metavar="OBJECT", help="NAME or OBIS; may name the method: load:reset.", autocompletion=_begun),
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="METHOD|VALUE", help="Name or number, and the parameter if it takes one."),
    ] = None,
    type_word: TypeOption = "",
    class_id: ClassOption = None,
) -> None:
    """Invoke a method by its name or number: clock shift_time 5, load reset, 0-0:10.0.100 1 2."""
    from softmeter.apps.smartset.changing import invoke

    invoke(context.obj, target, words or [], type_word, class_id)


@app.command()
def profile(
    context: typer.Context,
    *,
    target: Annotated[str, typer.Argument(metavar="NAME|OBIS", help="load, daily, 1-0:99.1.0", autocompletion=_begun)],
    start: Annotated[str, typer.Option("--from", metavar="ISO", help="First time; local if without an offset.")] = "",
    end: Annotated[str, typer.Option("--to", metavar="ISO", help="Last time; local if without an offset.")] = "",
    last: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the newest N rows.")] = None,
    entries: Annotated[str, typer.Option(metavar="A:B", help="Only entries A to B, counted from 1.")] = "",
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    parquet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a Parquet file; needs the extra arrow.")
    ] = None,
) -> None:
    """Read a profile as rows."""
    from softmeter.apps.smartset.profiles import Form, Part, show_profile

    show_profile(context.obj, target, Part.of(start, end, last, entries), Form(csv, parquet))


@app.command()
def events(
    context: typer.Context,
    *,
    logs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LOG",
            help="standard, fraud, disconnector, power_failures … (--codes lists them); all of them if none.",
        ),
    ] = None,
    since: Annotated[str, typer.Option(metavar="ISO", help="First time; local if without an offset.")] = "",
    last: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the newest N.")] = None,
    codes: Annotated[bool, typer.Option("--codes", help="List what the codes mean; asks no meter.")] = False,
) -> None:
    """Show the event logs, the oldest event first, with what the codes mean."""
    from softmeter.apps.smartset.events import Wanted, show_codes, show_events

    if codes:
        show_codes(context.obj)
    else:
        show_events(context.obj, Wanted(tuple(logs or ()), since, last))


@app.command("trace", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def trace_command(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="COMMAND", help="Any command with its arguments.")],
) -> None:
    """Run a command, and print on standard error what passes: time-stamped, deciphered and decoded."""
    root = context.find_root()
    group = root.command
    if words[0] not in getattr(group, "commands", {}) or words[0] == "trace":
        raise ConfigurationError(f"{words[0]!r} is no command to trace; smartset --help lists them")
    root.obj = replace(root.obj, show=True)
    command = group.commands[words[0]]  # type: ignore[attr-defined]
    with command.make_context(words[0], words[1:], parent=root) as inner:
        command.invoke(inner)


@clock_app.callback()
def clock(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        from softmeter.apps.smartset.clocks import show_clock

        show_clock(context.obj)


@clock_app.command()
def sync(
    context: typer.Context,
    to: Annotated[str, typer.Option(metavar="ISO", help="This time instead; local if without an offset.")] = "",
) -> None:
    """Set the meter's clock to this computer's time."""
    from softmeter.apps.smartset.clocks import set_clock

    set_clock(context.obj, to)
