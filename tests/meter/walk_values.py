"""What may be written to each settable attribute, what may not, and what does not come back as it was written.

Each table goes by (object, attribute) or, where all objects of a class are alike, (class, attribute).
"""

from collections.abc import Iterable

from softmeter.wire.types import Bits, Data, Tag, encode_data, u8, u16, u32

Table = dict[tuple[str, str], tuple[bytes, ...]]

LONGEST = 0xFFFFFFFF


def octets(value: bytes) -> bytes:
    return encode_data(Data(Tag.OCTET_STRING, value))


def enum(value: int) -> bytes:
    return bytes((Tag.ENUM, value))


def bits(text: str) -> bytes:
    return encode_data(Data(Tag.BIT_STRING, Bits(int(text, 2), len(text))))


def integer(value: int) -> bytes:
    return encode_data(Data(Tag.INTEGER, value))


def long(value: int) -> bytes:
    return encode_data(Data(Tag.LONG, value))


def structure(*parts: bytes) -> bytes:
    return bytes((Tag.STRUCTURE, len(parts))) + b"".join(parts)


def array(*parts: bytes) -> bytes:
    return bytes((Tag.ARRAY, len(parts))) + b"".join(parts)


def name(obis: str) -> bytes:
    """A logical name by its six numbers."""
    return octets(bytes(int(part) for part in obis.split(".")))


def time(text: str) -> bytes:
    return octets(bytes.fromhex(text))


def captured(*columns: tuple[int, str]) -> bytes:
    return array(*(structure(u16.encode(kind), name(obis), integer(2), u16.encode(0)) for kind, obis in columns))


def watched(kind: int, obis: str, attribute: int = 2) -> bytes:
    return structure(u16.encode(kind), name(obis), integer(attribute))


def script(table: str, selector: int) -> bytes:
    return structure(name(table), u16.encode(selector))


def each(kind: str, values: Iterable[int]) -> tuple[bytes, ...]:
    codec = {"u8": u8, "u16": u16, "u32": u32}[kind]
    return tuple(codec.encode(value) for value in values)


CLOCK, IMPORT, EXPORT = (8, "0.0.1.0.0.255"), (3, "1.0.1.8.0.255"), (3, "1.0.2.8.0.255")
STATUS = (1, "0.0.96.10.1.255")
NEVER = "ffffffffffffffffff8000ff"
NOTHING = script("0.0.0.0.0.0", 0)
MIDNIGHT, ANY_DAY = octets(bytes(4)), octets(bytes.fromhex("ffffffffff"))
NEW_YEAR, JUNE = "ffff0101ff000000ff8000ff", "ffff0601ff000000ff8000ff"
TARIFFS = "0.0.10.0.100.255"


def season(label: bytes, start: str, week: bytes) -> bytes:
    return structure(octets(label), time(start), octets(week))


def week(label: bytes, *days: int) -> bytes:
    return structure(octets(label), *each("u8", days))


def day(number: int, *switches: tuple[int, int]) -> bytes:
    actions = (structure(octets(bytes((hour, 0, 0, 0))), name(TARIFFS), u16.encode(rate)) for hour, rate in switches)
    return structure(u8.encode(number), array(*actions))


def special(index: int, date: str, day_id: int) -> bytes:
    return structure(u16.encode(index), octets(bytes.fromhex(date)), u8.encode(day_id))


def mask(label: bytes, *places: int) -> bytes:
    return structure(octets(label), array(*each("u8", places)))


def rated(kind: int, obis: str) -> bytes:
    return structure(u16.encode(kind), name(obis))


RATES = range(4, 0, -1)
DIVISORS = (60, 300, 600, 900, 1800, 3600)
QUALITY_MINUTES = (1, 5, 10, 15, 30, 60)

LEGAL: Table = {
    ("0-0:96.1.1", "value"): (octets(b"E0099001234567890"),),
    ("0-0:96.13.0", "value"): (octets(b""), octets(b"A" * 1024)),
    ("0-1:94.31.0", "value"): tuple(map(enum, range(4))),
    ("0-1:94.31.3", "value"): (bits("0000001001000000"), bits("0001001001000000")),
    ("0-0:97.98.12", "value"): each("u32", (0, 0x4000, 0x3CF0)),
    ("1-0:31.4.0", "thresholds"): (array(u16.encode(7)), array(u16.encode(0xFFFF)), array()),
    ("0-0:21.0.0", "capture_period"): each("u32", (0,)),
    ("0-0:96.13.1", "value"): (octets(b""), octets(b"12345678")),
    ("SettableData", "value"): (octets(b""), octets(b"A"), octets(bytes(48))),
    ("0-0:96.6.1", "value"): each("u8", range(4)),
    ("0-0:96.14.15", "value"): each("u16", range(1, 5)),
    ("0-0:97.98.10", "value"): each("u32", (0, 1, 0x3F01, 0x2000)),
    ("0-0:97.98.11", "value"): each("u32", (0, 1, 0x42427, 0x40000)),
    ("0-0:96.7.20", "value"): each("u16", (60, 61, 180, 3600)),
    ("1-0:0.8.0", "value"): each("u16", DIVISORS),
    ("1-0:0.8.1", "value"): each("u16", (60 * minutes for minutes in QUALITY_MINUTES)),
    ("1-0:0.8.2", "value"): each("u16", (60 * minutes for minutes in QUALITY_MINUTES)),
    ("1-0:0.8.4", "value"): each("u16", (900, 1800, 3600)),
    ("1-0:0.8.6", "value"): each("u32", (0, 86400)),
    ("1-0:0.9.11", "value"): each("u16", (0, 1, 7, 900)),
    ("1-0:12.31.0", "value"): each("u16", (120, 207, 228)),
    ("1-0:12.35.0", "value"): each("u16", (232, 253, 300)),
    ("1-0:12.39.0", "value"): each("u16", (115, 114)),
    ("1-0:12.43.0", "value"): each("u16", (1, 60, 300)),
    ("1-0:12.44.0", "value"): each("u16", (1, 60, 300)),
    ("1-0:12.45.0", "value"): each("u16", (1, 60, 300)),
    ("DemandRegister", "period"): each("u32", DIVISORS),
    ("DemandRegister", "number_of_periods"): each("u16", (1, 4, 60)),
    ("0-0:14.0.1", "register_assignment"): (
        array(*(rated(3, f"1.0.{kind}.8.{rate}.255") for rate in RATES for kind in range(1, 9))),
    ),
    ("0-0:14.0.1", "mask_list"): (array(mask(b"0001", 1, 2), mask(b"0002", 3)), array()),
    ("0-0:14.0.2", "register_assignment"): (
        array(*(rated(4, f"1.0.{kind}.6.{rate}.255") for rate in RATES for kind in range(1, 5))),
    ),
    ("0-0:14.0.2", "mask_list"): (array(mask(b"0001", 1, 2), mask(b"0002", 3)), array()),
    ("RegisterActivation", "active_mask"): (octets(b"0002"), octets(b"0001")),
    ("ReadoutList", "capture_objects"): (captured(IMPORT), captured(CLOCK, EXPORT, IMPORT)),
    ("0-0:21.0.1", "capture_period"): each("u32", (5, 6, 60)),
    ("0-0:21.0.2", "capture_period"): each("u32", (1, 60, 300)),
    ("ProfileGeneric", "capture_objects"): (captured(CLOCK), captured(CLOCK, STATUS, EXPORT, IMPORT)),
    ("1-0:99.14.0", "capture_period"): each("u32", (60 * minutes for minutes in QUALITY_MINUTES)),
    ("1-0:99.1.0", "capture_period"): each("u32", (900, 1800, 3600)),
    ("ProfileGeneric", "capture_period"): each("u32", (900, 1800, 3600, 86400)),
    ("ProfileGeneric", "profile_entries"): each("u32", (1, 13, 5280)),
    ("0-0:1.0.0", "time"): (
        time("07ea01010401030000ffc400"), time("07e8021d0400000000ffc400"), time("07ea07010300000000ff8880"),
    ),
    ("0-0:1.0.0", "time_zone"): (long(-60), long(0), long(-720), long(720), long(-330)),
    ("0-0:1.0.0", "daylight_savings_begin"): (time("ffff03fe07020000ff8000ff"), time("ffff0401ff020000ff8000ff")),
    ("0-0:1.0.0", "daylight_savings_end"): (time("ffff0afe07030000ff8000ff"), time("ffff0901ff030000ff8000ff")),
    ("0-0:1.0.0", "daylight_savings_deviation"): (integer(60), integer(30), integer(120)),
    ("0-0:1.0.0", "daylight_savings_enabled"): (b"\x03\x00", b"\x03\x01"),
    ("0-0:11.0.0", "entries"): (
        array(special(1, "ffff0c19ff", 0)),
        array(*(special(number, "07ea0101ff", 0) for number in range(1, 101))),
        array(),
    ),
    ("0-0:44.0.0", "image_transfer_enabled"): (b"\x03\x00", b"\x03\x01"),
    ("LocalPortSetup", "default_mode"): (enum(0), enum(1)),
    ("LocalPortSetup", "prop_baud"): tuple(map(enum, range(7))),
    ("LocalPortSetup", "response_time"): (enum(0), enum(1)),
    ("LocalPortSetup", "device_addr"): (octets(b"12345678"), octets(b"1"), octets(b"A" * 32)),
    ("ActivityCalendar", "calendar_name_passive"): (octets(b"summer"), octets(b"")),
    ("ActivityCalendar", "season_profile_passive"): (
        array(season(b"S1", NEW_YEAR, b"W0"), season(b"S2", JUNE, b"W9")),
        array(),
    ),
    ("ActivityCalendar", "week_profile_table_passive"): (
        array(week(b"W0", 0, 0, 0, 0, 0, 1, 1), week(b"W9", *range(7))),
        array(),
    ),
    ("ActivityCalendar", "day_profile_table_passive"): (
        array(*(day(number, *((hour, 1 + hour % 4) for hour in range(8))) for number in range(8))),
        array(),
    ),
    ("ActivityCalendar", "activate_passive_calendar_time"): (time("07ea0201ff000000ff8000ff"), time(NEVER)),
    ("RegisterMonitor", "thresholds"): (array(u32.encode(7)), array(u32.encode(LONGEST)), array()),
    ("RegisterMonitor", "monitored_value"): (watched(1, "0.0.97.98.0.255"), watched(3, "1.0.1.8.0.255")),
    ("RegisterMonitor", "actions"): (array(structure(script("0.0.10.0.108.255", 1), NOTHING)), array()),
    ("SingleActionSchedule", "executed_script"): (script("0.0.10.0.1.255", 1), NOTHING),
    ("SingleActionSchedule", "execution_time"): (array(structure(MIDNIGHT, ANY_DAY)), array()),
    ("HdlcSetup", "window_size_transmit"): each("u8", range(1, 8)),
    ("HdlcSetup", "window_size_receive"): each("u8", range(1, 8)),
    ("HdlcSetup", "max_info_field_length_transmit"): each("u16", (32, 128, 2030)),
    ("HdlcSetup", "max_info_field_length_receive"): each("u16", (32, 128, 2030)),
    ("HdlcSetup", "inter_octet_time_out"): each("u16", (20, 200, 6000)),
    ("HdlcSetup", "inactivity_time_out"): each("u16", (0, 120, 0xFFFF)),
    ("HdlcSetup", "device_address"): each("u16", (0x10, 0x11, 0x3FFD)),
    ("PushSetup", "push_object_list"): (captured(CLOCK), array()),
    ("PushSetup", "send_destination_and_method"): (
        structure(enum(0), octets(b"192.0.2.1:4059"), enum(0)), structure(enum(1), octets(b"[2001:db8::1]:1"), enum(0)),
    ),
    ("PushSetup", "communication_window"): (
        array(structure(time("ffffffffff010000ff8000ff"), time("ffffffffff020000ff8000ff"))), array(),
    ),
    ("PushSetup", "randomisation_start_interval"): each("u16", (0, 1, 0xFFFF)),
    ("PushSetup", "number_of_retries"): each("u8", (0, 1, 255)),
    ("PushSetup", "repetition_delay"): each("u16", (0, 1, 0xFFFF)),
    ("TcpUdpSetup", "port"): each("u16", (1, 4059, 0xFFFF)),
    ("TcpUdpSetup", "ip_reference"): (name("0.0.25.1.0.255"),),
    ("TcpUdpSetup", "maximum_segment_size"): each("u16", (40, 576, 0xFFFF)),
    ("TcpUdpSetup", "simultaneous_connections"): each("u8", (1, 2, 255)),
    ("TcpUdpSetup", "inactivity_time_out"): each("u16", (0, 180, 0xFFFF)),
    ("DisconnectControl", "control_mode"): tuple(map(enum, range(7))),
    ("Limiter", "monitored_value"): (watched(3, "1.0.31.7.0.255"), watched(3, "1.0.16.7.0.255")),
    ("Limiter", "threshold_normal"): each("u32", (0, 1, LONGEST)),
    ("Limiter", "threshold_emergency"): each("u32", (0, 1, LONGEST)),
    ("Limiter", "min_over_threshold_duration"): each("u32", (0, 1, LONGEST)),
    ("Limiter", "min_under_threshold_duration"): each("u32", (0, 1, LONGEST)),
    ("Limiter", "emergency_profile"): (structure(u16.encode(1), time("07ea0102ff000000ff8000ff"), u32.encode(3600)),),
    ("Limiter", "emergency_profile_group_id_list"): (array(u16.encode(1), u16.encode(0xFFFF)), array()),
    ("Limiter", "actions"): (structure(NOTHING, NOTHING),),
    ("MBusClient", "capture_period"): each("u32", (60, 3600, 86400)),
    ("MBusClient", "primary_address"): each("u8", (0, 1, 250)),
    ("MBusClient", "identification_number"): each("u32", (0, 0x12345678)),
    ("MBusClient", "manufacturer_id"): each("u16", (0, 0x2D2C)),
    ("MBusClient", "version_of_device"): each("u8", (0, 255)),
    ("MBusClient", "device_type"): each("u8", (2, 3, 7)),
    ("Ipv4Setup", "use_dhcp"): (b"\x03\x00", b"\x03\x01"),
    ("GprsModemSetup", "apn"): (octets(b"internet.example"), octets(b"")),
    ("AutoConnect", "repetitions"): each("u8", (0, 3, 255)),
    ("AutoConnect", "repetition_delay"): each("u16", (0, 60, 0xFFFF)),
}  # fmt: skip
"""Values that a client may set, beside the present one: both ends of a range, and each value of a short list."""

FALLING = ("0-0:97.97.0", "0-0:97.98.0", "0-0:97.98.1", "0-0:97.98.2", "0-0:97.98.20", "0-0:97.98.21", "0-0:97.98.22")
"""Words of which a client clears bits: what he writes is what remains of what is set."""

LEGAL |= {(word, "value"): each("u32", (0, 1, LONGEST)) for word in FALLING}

OUT_OF_RANGE: Table = {
    ("0-0:96.1.1", "value"): (octets(b"\xff"),),
    ("0-0:96.6.1", "value"): each("u8", (4, 255)),
    ("0-1:94.31.3", "value"): (bits("0" * 16), bits("1" * 16), bits("0001001001000010")),
    ("1-0:31.4.0", "thresholds"): (array(u32.encode(0x10000)), array(long(-1))),
    ("0-0:21.0.0", "capture_period"): each("u32", (1, 900, LONGEST)),
    ("0-0:96.14.15", "value"): each("u16", (0, 5, 0xFFFF)),
    ("0-0:96.7.20", "value"): each("u16", (0, 59, 3601)),
    ("1-0:0.8.0", "value"): each("u16", (0, 1, 59, 61, 7000, 0xFFFF)),
    ("1-0:0.8.1", "value"): each("u16", (0, 120, 599, 7200)),
    ("1-0:0.8.2", "value"): each("u16", (0, 120, 599, 7200)),
    ("1-0:0.8.4", "value"): each("u16", (1, 7, 600, 0xFFFF)),
    ("1-0:0.9.11", "value"): each("u16", (901, 0xFFFF)),
    ("1-0:12.31.0", "value"): each("u16", (0, 119, 229)),
    ("1-0:12.35.0", "value"): each("u16", (231, 301)),
    ("1-0:12.43.0", "value"): each("u16", (0, 301)),
    ("1-0:12.44.0", "value"): each("u16", (0, 301)),
    ("1-0:12.45.0", "value"): each("u16", (0, 301)),
    ("DemandRegister", "period"): each("u32", (0, 59, 61, 7200, LONGEST)),
    ("DemandRegister", "number_of_periods"): each("u16", (0, 61, 0xFFFF)),
    ("0-0:14.0.1", "register_assignment"): (array(rated(3, "1.0.32.7.0.255")), array(*[rated(3, "1.0.1.8.1.255")] * 2)),
    ("RegisterActivation", "mask_list"): (array(mask(b"0001", 0)), array(mask(b"0001", 33)), array(mask(b"", 1))),
    ("RegisterActivation", "active_mask"): (octets(b"none"),),
    ("ReadoutList", "capture_objects"): (array(), captured((3, "1.0.99.8.0.255"))),
    ("0-0:21.0.1", "capture_period"): each("u32", (0, 4, 61, LONGEST)),
    ("0-0:21.0.2", "capture_period"): each("u32", (0, 301, LONGEST)),
    ("ProfileGeneric", "capture_objects"): (array(), captured(CLOCK, CLOCK), captured((3, "1.0.99.8.0.255"))),
    ("1-0:99.14.0", "capture_period"): each("u32", (0, 120, 7200, LONGEST)),
    ("1-0:99.1.0", "capture_period"): each("u32", (0, 600, 7200, 86400)),
    ("1-0:99.2.0", "capture_period"): each("u32", (0, 600, 7200, 43200)),
    ("ProfileGeneric", "capture_period"): each("u32", (1, 7, 86401, LONGEST)),
    ("ProfileGeneric", "profile_entries"): each("u32", (0, LONGEST)),
    ("0-0:1.0.0", "time"): (time(NEVER), time("ffff0101ff000000ff8000ff")),
    ("0-0:1.0.0", "time_zone"): (long(-841), long(721)),
    ("0-0:1.0.0", "daylight_savings_begin"): (time(NEVER),),
    ("0-0:1.0.0", "daylight_savings_end"): (time(NEVER),),
    ("0-0:1.0.0", "daylight_savings_deviation"): (integer(121), integer(-121)),
    ("0-0:11.0.0", "entries"): (
        array(special(1, "ffff0c19ff", 0), special(1, "ffff0c1aff", 0)),
        b"\x01\x81\xc9" + b"".join(special(number, "07ea0101ff", 0) for number in range(1, 202)),
    ),
    ("LocalPortSetup", "prop_baud"): tuple(map(enum, (7, 8, 9))),
    ("ActivityCalendar", "season_profile_passive"): (array(*[season(b"S1", NEW_YEAR, b"W0")] * 2),),
    ("ActivityCalendar", "week_profile_table_passive"): (array(*[week(b"W0", *range(7))] * 2),),
    ("ActivityCalendar", "day_profile_table_passive"): (
        array(day(0, *((hour, 1) for hour in range(9)))),
        array(day(0, (6, 1), (5, 2))),
        array(day(0, (24, 1))),
        array(day(0, (0, 0))),
        array(day(0, (0, 5))),
        array(*(day(number, (0, 1)) for number in range(9))),
    ),
    ("ActivityCalendar", "activate_passive_calendar_time"): (time("07ea0201ff000000ffffc4ff"),),
    ("RegisterMonitor", "thresholds"): (array(long(-1)),),
    ("RegisterMonitor", "monitored_value"): (watched(3, "1.0.99.8.0.255"),),
    ("SingleActionSchedule", "execution_time"): (array(structure(octets(bytes((24, 0, 0, 0))), ANY_DAY)),),
    ("HdlcSetup", "window_size_transmit"): each("u8", (0, 8, 255)),
    ("HdlcSetup", "window_size_receive"): each("u8", (0, 8, 255)),
    ("HdlcSetup", "max_info_field_length_transmit"): each("u16", (0, 31, 2031)),
    ("HdlcSetup", "max_info_field_length_receive"): each("u16", (0, 31, 2031)),
    ("HdlcSetup", "inter_octet_time_out"): each("u16", (0, 19, 6001)),
    ("HdlcSetup", "device_address"): each("u16", (0, 0x0F, 0x7E, 0x7F, 0x3FFE)),
    ("PushSetup", "push_object_list"): (captured((3, "1.0.99.8.0.255")),),
    ("PushSetup", "send_destination_and_method"): (
        structure(enum(0), octets(b"nowhere"), enum(0)), structure(enum(4), octets(b"192.0.2.1:4059"), enum(0)),
    ),
    ("TcpUdpSetup", "maximum_segment_size"): each("u16", (0, 39)),
    ("TcpUdpSetup", "simultaneous_connections"): each("u8", (0,)),
    ("Limiter", "monitored_value"): (watched(3, "1.0.99.8.0.255"),),
}  # fmt: skip
"""Values of the right type that are refused."""

TOO_LONG: Table = {
    ("0-0:96.13.0", "value"): (encode_data(Data(Tag.OCTET_STRING, bytes(1025))),),
    ("0-0:96.13.1", "value"): (octets(bytes(9)),),
    ("SettableData", "value"): (octets(bytes(49)),),
    ("LocalPortSetup", "device_addr"): (octets(b"A" * 33),),
    ("PushSetup", "send_destination_and_method"): (structure(enum(0), octets(bytes(129)), enum(0)),),
    ("Limiter", "emergency_profile_group_id_list"): (array(*each("u16", range(17))),),
}
"""Values longer than their type."""

NOT_AS_WRITTEN = {
    ("0-0:96.1.1", "value"): "nothing means the identifier that type and serial number make",
    ("0-0:1.0.0", "time"): "the status is the clock's own",
    ("SingleActionSchedule", "execution_time"): "hundredths are ignored",
    ("0-0:25.1.0", "ip_address"): "the network gives the address as long as DHCP is in use",
    **{
        ("0-0:25.1.0", name): "the network gives it as long as DHCP is in use"
        for name in ("subnet_mask", "gateway", "primary_dns", "secondary_dns")
    },
    **{
        ("0-0:25.7.0", name): "the network gives it until addresses are set by hand"
        for name in ("unicast_addresses", "gateways", "primary_dns", "secondary_dns")
    },
    ("0-0:25.3.0", "authentication"): "names and passwords read as nothing",
    ("0-0:25.4.0", "pin_code"): "a PIN reads as nothing",
    **{(word, "value"): "a client clears bits only" for word in FALLING},
}
"""Attributes that take more than they show, and why."""
