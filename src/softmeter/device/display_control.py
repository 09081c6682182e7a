"""What the front of a meter is set to, and what its sealed button does (manual 2.4, 3.4, 4).

Display lists and times survive a power cut. Certification mode and leave to program do not: nobody finds a meter at a
customer's that still shows what the laboratory wanted to see, or that still lets itself be programmed.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from softmeter.device.behaviour import Behaviour, Script
from softmeter.device.display_lists import DisplaySettings, listed, unlisted
from softmeter.device.saved import saved_int, saved_text
from softmeter.device.surroundings import Surrounded
from softmeter.instant import SECOND, Instant
from softmeter.obis import Obis
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

END_OF_BILLING = Script(Obis(0, 0, 10, 0, 1), 1)
"""What the sealed button does, beside letting the meter be programmed."""

PROGRAMMING_S = 15 * 60
"""How long the sealed button lets the meter be programmed through the optical port."""

MORE_DECIMALS = 3
"""How many more decimals of an energy the display shows in certification mode."""

_NEVER = Instant(0)


class DisplayControl(Behaviour):
    """Settings of the display, certification mode, and the button under the seal."""

    __slots__ = ("certification", "programming_until", "settings")
    name = "display"

    def __init__(self, settings: DisplaySettings) -> None:
        super().__init__()
        self.settings = settings
        self.certification = False
        """Whether energies are shown with more decimals."""
        self.programming_until = _NEVER
        """Until when, in bench time, somebody who broke the seal may program the meter."""

    @property
    def more_decimals(self) -> int:
        """How many decimals of an energy the display shows beyond those set."""
        return MORE_DECIMALS if self.certification else 0

    def may_program(self, now: Instant) -> bool:
        """Whether the sealed button was pressed not long ago."""
        return now < self.programming_until

    def felt(self, device: "Device", before: Surrounded, now: Surrounded) -> None:
        if device.powered and now.sealed_button > before.sealed_button:
            self.programming_until = Instant(device.progress.now + PROGRAMMING_S * SECOND)
            device.execute(END_OF_BILLING)

    def power_down(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        self.certification = False
        self.programming_until = _NEVER

    def saved(self) -> Mapping[str, Scalar]:
        settings = self.settings
        return {
            "automatic": listed(settings.automatic),
            "manual": listed(settings.manual),
            "scroll_s": settings.scroll_s,
            "return_s": settings.return_s,
            "energy_decimals": settings.energy_decimals,
        }

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        settings = self.settings
        restored = replace(
            settings,
            automatic=unlisted(saved_text(saved, "automatic", listed(settings.automatic))),
            manual=unlisted(saved_text(saved, "manual", listed(settings.manual))),
            scroll_s=saved_int(saved, "scroll_s", settings.scroll_s),
            return_s=saved_int(saved, "return_s", settings.return_s),
            energy_decimals=saved_int(saved, "energy_decimals", settings.energy_decimals),
        )
        if restored != settings:  # else a thousand meters go on sharing one
            self.settings = restored
