"""What a factory decides about a device."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from softmeter.device.action_schedules import ActionSchedule
from softmeter.device.averages import FACTORY_PERIOD_S
from softmeter.device.calendar import FACTORY_CALENDAR, Calendar
from softmeter.device.demand import FACTORY_DEMAND, DemandSettings
from softmeter.device.display_lists import FACTORY_DISPLAY, DisplaySettings
from softmeter.device.hands import EXACT, Crystal
from softmeter.device.images import USUAL_BLOCK
from softmeter.device.limiter import NO_LIMITS, Limits
from softmeter.device.mbus import NO_SUB_METERS, SubMeterSettings
from softmeter.device.modem_parameters import FACTORY_NETWORK, FACTORY_PARAMETERS, Network, Parameters
from softmeter.device.monitors import Monitor, Read
from softmeter.device.profile import Catalogue, ProfileSettings
from softmeter.device.push_setting import NO_PUSHES, PushSetting
from softmeter.device.special_days import NO_SPECIAL_DAYS, SpecialDays
from softmeter.device.zone import AMSTERDAM, Zone
from softmeter.metrology.calibration import NEUTRAL, Calibration
from softmeter.metrology.voltage_events import FACTORY_LIMITS, VoltageLimits
from softmeter.obis import Obis


@dataclass(frozen=True, slots=True, eq=False)
class DeviceSettings:
    """Factory settings, shared by all meters made with them.

    A voltage below `cut_mv` is a power failure. The clock runs `reserve_s` without power; a change of it by no more
    than `synchronisation_limit_s` is made by slewing.
    """

    catalogue: Catalogue
    profiles: tuple[ProfileSettings, ...]
    zone: Zone = AMSTERDAM
    tariff: Calendar = FACTORY_CALENDAR
    special_days: SpecialDays = NO_SPECIAL_DAYS
    default_rate: int = 1
    demand: DemandSettings = FACTORY_DEMAND
    crystal: Crystal = EXACT
    cut_mv: int = 103_500  # 0.45 Un
    reserve_s: int = 5 * 86_400  # manual 6
    synchronisation_limit_s: int = 7  # manual 6
    voltage_limits: VoltageLimits = FACTORY_LIMITS
    averaging_period_s: int = FACTORY_PERIOD_S
    calibration: Calibration = NEUTRAL
    schedules: Mapping[Obis, ActionSchedule] = field(default_factory=dict)
    display: DisplaySettings = FACTORY_DISPLAY
    program_signature: bytes = b""
    """The checksum of the program's application part; empty where nobody has looked."""
    has_breaker: bool = False
    limits: Limits = NO_LIMITS
    monitors: Mapping[Obis, Monitor] = field(default_factory=dict)
    image_block_octets: int = USUAL_BLOCK
    alarm_words: Mapping[str, Read] = field(default_factory=dict)
    """What monitors look at whenever it changes, by its key in the catalogue."""
    modem: Parameters = FACTORY_PARAMETERS
    network: Network = FACTORY_NETWORK
    pushes: tuple[PushSetting, ...] = NO_PUSHES
    sub_meters: SubMeterSettings = NO_SUB_METERS
