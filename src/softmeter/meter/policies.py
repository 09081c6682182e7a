"""Who may do what: the audiences of the meter and the named policies of its objects.

Source: manual 12.2, 12.3 ("Admin" and "Maintenance" configure, "Operator" only reads).
"""

from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from softmeter.cosem.access import ALL, Policy, Rights
from softmeter.security.policies import Policy as Protection
from softmeter.security.suites import Suite


class Audience(Enum):
    """How somebody came in decides what he sees."""

    PUBLIC = auto()
    READOUT = auto()
    MANAGEMENT = auto()
    MAINTENANCE = auto()
    LIMITED = auto()
    """Management or maintenance with a password instead of keys: sees what the public sees."""
    BROADCAST = auto()
    """Who speaks to all meters at once, under the broadcast key: hears nothing, and may do what `told` names."""


def _policy(
    name: str, *, read: str = ALL, write: str = "", call: str = "", public: str = "", told: Rights | None = None
) -> Policy:
    """Management and maintenance do everything named, readout reads, the public sees what `public` names."""
    whole = Rights(read, write, call)
    rights: dict[Enum, Rights] = {
        Audience.MANAGEMENT: whole,
        Audience.MAINTENANCE: whole,
        Audience.READOUT: Rights(read),
    }
    if public:
        rights |= {Audience.PUBLIC: Rights(public), Audience.LIMITED: Rights(public)}
    if told is not None:
        rights[Audience.BROADCAST] = told
    return Policy(name, rights)


READ = _policy("READ")
OPEN = _policy("OPEN", public=ALL)
SET = _policy("SET", write="value")
MESSAGE = _policy("MESSAGE", write="value", told=Rights(write="value"))
CLOCK = _policy(
    "CLOCK",
    write="time time_zone daylight_savings_begin daylight_savings_end daylight_savings_deviation "
    "daylight_savings_enabled",
    call=ALL,
    public="time",
    told=Rights(write="time"),
)
PROFILE = _policy("PROFILE", write="capture_objects capture_period profile_entries", call="reset capture")
LOG = _policy("LOG", call="reset")
CALENDAR = _policy(
    "CALENDAR",
    write="calendar_name_passive season_profile_passive week_profile_table_passive day_profile_table_passive "
    "activate_passive_calendar_time",
    call=ALL,
)
SPECIAL = _policy("SPECIAL", write="entries", call=ALL)
ACTIVATION = _policy("ACTIVATION", write="register_assignment mask_list active_mask")
DEMAND = _policy("DEMAND", write="period number_of_periods", call=ALL)
MAXIMUM = _policy("MAXIMUM", call=ALL)
MONITOR = _policy("MONITOR", write="thresholds monitored_value actions")
THRESHOLD = _policy("THRESHOLD", write="thresholds")
BREAKER = _policy("BREAKER", write="control_mode", call=ALL)
LIMITER = Policy(
    "LIMITER",
    {
        Audience.MANAGEMENT: Rights(
            ALL,
            "monitored_value threshold_normal threshold_emergency min_over_threshold_duration "
            "min_under_threshold_duration emergency_profile emergency_profile_group_id_list actions",
        ),
        Audience.READOUT: Rights(ALL),
        Audience.MAINTENANCE: Rights(ALL),
    },
)
DISPLAY = _policy("DISPLAY", write="capture_objects capture_period", call=ALL)
READOUT_LIST = _policy("READOUT_LIST", write="capture_objects capture_period")
LOCAL_PORT = _policy(
    "LOCAL_PORT",
    read="default_mode default_baud prop_baud response_time device_addr",
    write="default_mode prop_baud response_time device_addr",
)
HDLC_LINE = _policy(
    "HDLC_LINE",
    write="window_size_transmit window_size_receive max_info_field_length_transmit max_info_field_length_receive "
    "inter_octet_time_out inactivity_time_out device_address",
)
M_BUS_CLIENT = _policy(
    "M_BUS_CLIENT",
    write="capture_definition capture_period primary_address identification_number manufacturer_id version_of_device "
    "device_type",
    call=ALL,
)
M_BUS_LINE = _policy("M_BUS_LINE", write="comm_speed")
SCRIPT = _policy("SCRIPT", call="execute")
IMAGE = _policy("IMAGE", write="image_transfer_enabled", call=ALL, told=Rights(call="image_block_transfer"))
SCHEDULE = _policy("SCHEDULE", write="executed_script execution_time")
PUSH = _policy(
    "PUSH",
    write="push_object_list send_destination_and_method communication_window randomisation_start_interval "
    "number_of_retries repetition_delay",
    call=ALL,
)
MODEM = _policy("MODEM", write="comm_speed initialisation_strings modem_profile")
CONNECT = _policy("CONNECT", write="mode repetitions repetition_delay calling_window destination_list", call=ALL)
ANSWER = _policy("ANSWER", write="mode listening_window number_of_calls number_of_rings list_of_allowed_callers")
IPV4_SETUP = _policy(
    "IPV4_SETUP",
    write="link_reference ip_address multicast_addresses ip_options subnet_mask gateway use_dhcp primary_dns "
    "secondary_dns",
)
IPV6_SETUP = _policy(
    "IPV6_SETUP",
    write="link_reference address_config_mode unicast_addresses multicast_addresses gateways primary_dns "
    "secondary_dns traffic_class neighbour_discovery",
)
MAC = _policy("MAC", write="mac_address")
PPP = _policy(
    "PPP",
    read="phy_reference lcp_options ipcp_options",
    write="phy_reference lcp_options ipcp_options authentication",
)
APN = _policy("APN", read="apn quality_of_service", write="apn pin_code quality_of_service")
NTP = _policy(
    "NTP",
    read="activated server_address server_port authentication_method",
    write="activated authentication_keys client_key",
)
TCP_UDP_SETUP = _policy(
    "TCP_UDP_SETUP",
    write="port ip_reference maximum_segment_size simultaneous_connections inactivity_time_out",
)

_SHOWN = "object_list associated_partners_id application_context_name xdlms_context_info authentication_mechanism_name"
_LOGIN = "reply_to_hls_authentication"
_CHANGES = f"{_LOGIN} change_hls_secret"
_KEYS_SEEN = Rights("security_policy security_suite server_system_title")
_SIGNED = {
    "security_activate": Protection.REQUEST_SIGNED,
    "remove_certificate": Protection.REQUEST_SIGNED,
}
"""What only who signs may do. Only a meter that can sign answers a signed request: so neither locks anybody out."""


class AccessRights(NamedTuple):
    """The rights on the objects by which clients get in."""

    current_association: Policy
    association: Policy
    security: Policy
    security_of_maintenance: Policy


@cache
def rights_of(suite: Suite) -> AccessRights:
    """The same for the versions of these objects that a security suite has."""
    users, demands = ("", {}) if suite is Suite.SUITE_0 else (" user_list current_user", _SIGNED)
    shown = f"{_SHOWN} association_status{users}"
    whole = f"{shown} security_setup_reference"
    transfer = "global_key_transfer" if suite is Suite.SUITE_0 else "key_transfer key_agreement"
    managing = Rights(ALL, call=ALL, demands=demands)
    return AccessRights(
        Policy(
            "CURRENT_ASSOCIATION",
            {
                Audience.PUBLIC: Rights(shown),
                Audience.LIMITED: Rights(shown),
                Audience.READOUT: Rights(whole, call=_LOGIN),
                Audience.MANAGEMENT: Rights(whole, "secret", _CHANGES),
                Audience.MAINTENANCE: Rights(whole, "secret", _CHANGES),
            },
        ),
        Policy("ASSOCIATION", {Audience.MANAGEMENT: Rights(whole, "secret"), Audience.MAINTENANCE: Rights(whole)}),
        Policy(
            "SECURITY",
            {Audience.MANAGEMENT: managing, Audience.MAINTENANCE: Rights(ALL), Audience.READOUT: _KEYS_SEEN},
        ),
        Policy(
            "SECURITY_OF_MAINTENANCE",
            {
                Audience.MANAGEMENT: managing,
                Audience.MAINTENANCE: Rights(ALL, call=transfer),
                Audience.READOUT: _KEYS_SEEN,
            },
        ),
    )
