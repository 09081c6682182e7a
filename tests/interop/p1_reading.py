"""Reading the P1 port of a running meter as Home Assistant does, whatever the variant."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

from interop.foreign import LONGEST_S, dsmr_stream

if TYPE_CHECKING:
    from interop.meter_process import Meter

PACED: Final = ("--p1-paced", "--rate", "800000", "--source", "household:seed=7")
VERSIONS: Final = {"nl": "5", "be": "5B", "lu": "MSn", "nl-encrypted": "MSn"}
"""Each variant, and dsmr-parser's name for it; that of Luxembourg knows the Dutch lines as well."""


def heard(meter: Meter, variant: str, telegrams: int, *, within_s: float | None = LONGEST_S) -> Any:
    """What a reader tells of so many telegrams."""
    where = ["--p1", meter.told["ports"]["p1"].get("path") or meter.text_address("p1")]
    wanted = ["--version", VERSIONS[variant], "--telegrams", str(telegrams)]
    return dsmr_stream(*where, *wanted, *_secrets(meter), within_s=within_s)


def _secrets(meter: Meter) -> list[str]:
    held = tomllib.loads(meter.keys.read_text("utf-8")).get("p1")
    return ["--key", held["encryption_key"], "--auth-key", held["authentication_key"]] if held else []
