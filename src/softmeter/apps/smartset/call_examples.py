"""An example of each command, below its help; `…` stands for what says which meter, and who is asking."""

from typing import Any

from softmeter.apps.command_line import examples

ELLIPSIS = "smartset … "
EXAMPLES: dict[str, tuple[str, ...]] = {
    "info": ("info",),
    "list": ("list",),
    "get": ("get active_import voltage clock", "get 1-0:1.8.0:3 clock:time_zone"),
    "set": ("set load:capture_period 1800", "set clock 2027-01-31T12:00:00+01:00"),
    "call": ("call clock shift_time 5", "call 0-0:10.0.100 1 2"),
    "profile": ("profile load --last 96 --csv", "profile daily --from 2027-01-01 --to 2027-02-01"),
    "events": ("events fraud --last 10", "events --since 2027-01-01T00:00:00"),
    "trace": ("trace get clock",),
    "clock": ("clock",),
    "clock sync": ("clock sync", "clock sync --to 2027-01-31T12:00:00+01:00"),
    "tariff show": ("tariff show",),
    "tariff load": ("tariff load nl --dry-run", "tariff load tariff.toml --activate-at 2027-01-01T00:00:00"),
    "firmware upload": ("firmware upload new.img",),
    "firmware verify": ("firmware verify",),
    "firmware activate": ("firmware activate --at 2027-01-31T03:00:00",),
    "firmware status": ("firmware status",),
    "backup": ("backup meter.xml",),
    "restore": ("restore meter.xml --dry-run",),
    "diff": ("diff meter.xml", "diff before.xml after.xml"),
    "display show": ("display show auto",),
    "display set": (
        "display set auto --add voltage --at 1 --period 8",
        "display set button --items clock,active_import",
    ),
    "push listen": ("push listen --at 0.0.0.0:4059 --store pushes.jsonl",),
    "keys generate": ("keys generate new.toml --serial-number 12345678",),
    "keys wrap": ("keys wrap new.toml --key encryption",),
    "keys transfer": ("keys transfer", "keys transfer --of readout --key encryption"),
    "keys agree": ("--sign keys agree --key encryption",),
    "keys password": ("keys password --of readout",),
    "keys hls-secret": ("keys hls-secret",),
    "keys recover": ("keys recover",),
    "keys certificate authority": ("keys certificate authority authority.pem --years 10",),
    "keys certificate own": ("keys certificate own --authority authority.pem",),
    "keys certificate issue": ("keys certificate issue meter.csr meter.der --authority authority.pem",),
    "keys certificate pair": ("keys certificate pair --for signature",),
    "keys certificate request": ("keys certificate request meter.csr --for signature",),
    "keys certificate import": ("keys certificate import meter.der",),
    "keys certificate list": ("keys certificate list",),
    "keys certificate export": ("keys certificate export 1 meter.der",),
    "keys certificate remove": ("--sign keys certificate remove 2",),
}
"""By the words of the command."""


def with_examples(command: Any, path: str = "") -> Any:
    """The command, and those in it, with examples below their help."""
    for name, one in getattr(command, "commands", {}).items():
        words = f"{path} {name}".strip()
        if words in EXAMPLES:
            one.epilog = examples(*(f"{ELLIPSIS}{example}" for example in EXAMPLES[words]))
        with_examples(one, words)
    return command
