"""What a factory decides about a device."""

from dataclasses import dataclass

from softmeter.device.profile import Catalogue, ProfileSettings
from softmeter.device.tariff import FACTORY_TABLE, TariffTable
from softmeter.device.zone import AMSTERDAM, Zone


@dataclass(frozen=True, slots=True, eq=False)
class DeviceSettings:
    """Factory settings, shared by all meters made with them.

    A voltage below `cut_mv` is a power failure. The clock runs `reserve_s` without power; a change of it by no more
    than `synchronisation_limit_s` is made by slewing.
    """

    catalogue: Catalogue
    profiles: tuple[ProfileSettings, ...]
    zone: Zone = AMSTERDAM
    tariff: TariffTable = FACTORY_TABLE
    default_rate: int = 1
    cut_mv: int = 103_500  # 0.45 Un
    reserve_s: int = 5 * 86_400  # manual 6
    synchronisation_limit_s: int = 7  # manual 6
