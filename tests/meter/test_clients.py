"""Who may use which services (manual 12.3, table), and what whoever speaks to all meters may do."""

from itertools import pairwise

import pytest

from conformance.appl import MANAGEMENT, PUBLIC, READOUT, Bench
from dlms.link import CLIENT_TITLE, NOW
from firmware.images import Loader, Recipe, cut
from meter.making import KEYS, Made
from meter.upgrading import upgraded
from softmeter.cosem.access import ActionResult
from softmeter.cosem.classes.image_transfer import ImageBlock
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import drive
from softmeter.dlms.host import AttributeSet, DecipherFailed
from softmeter.dlms.refusals import AssociationRefusedError
from softmeter.dlms.server import Server
from softmeter.errors import AccessError
from softmeter.meter.clients import BROADCAST, CONSUMER, MAINTENANCE
from softmeter.meter.counters import MOST_EARLIER_KEYS, InvocationCounters
from softmeter.meter.parts_keys import ClientSecurity
from softmeter.meter.policies import Audience
from softmeter.obis import Obis
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import KeyId
from softmeter.wire.types import Data, Tag, encode_data, encode_length, struct
from softmeter.wire.wrapper import Datagram, encode_datagram

PLAIN, CIPHERED = Context.LOGICAL_NAMES, Context.LOGICAL_NAMES_CIPHERED
LOWEST, LLS, HLS = Mechanism.LOWEST, Mechanism.LLS, Mechanism.HLS_GMAC
EVERYTHING = Conformance(0xFFFFFF)
_COMMON = {"general-block-transfer", "block-get", "access", "get", "action"}
_MORE = _COMMON | {"general-protection", "block-set", "multiple-references", "set", "selective-access"}
OFFERED = {
    PUBLIC: _COMMON,
    MANAGEMENT: _MORE,
    READOUT: _MORE | {"data-notification"},
    MAINTENANCE: _MORE,
}
"""The column "mandatory services" of table 12.3.1."""
WAYS = [
    (PUBLIC, PLAIN, LOWEST),
    (MANAGEMENT, CIPHERED, HLS),
    (MANAGEMENT, CIPHERED, LLS),
    (READOUT, PLAIN, LLS),
    (READOUT, CIPHERED, LLS),
    (MAINTENANCE, CIPHERED, HLS),
    (MAINTENANCE, CIPHERED, LLS),
]
"""The columns "establishment" and "security setting"."""
BROADCAST_KEY = Key(bytes(range(64, 80)))
OTHER_KEY = Key(bytes(range(80, 96)))


def named(services: Conformance) -> set[str]:
    return {(bit.name or "").lower().replace("_", "-") for bit in services}


def opened(sap: int, context: Context, mechanism: Mechanism, *, extras: bool = False) -> Client | None:
    """A client that proposes every service there is; None where it may not come in so."""
    bench = Bench(sap)
    bench.meter.extra_services = extras
    credentials = bench.client(context, mechanism)._credentials  # the bench's keys, and another proposal
    client = Client(credentials, bench.meter.entropy, conformance=EVERYTHING)
    try:
        drive(client.associate(), lambda apdu: bench.ask(apdu) or b"")
    except AssociationRefusedError:
        return None
    return client


@pytest.mark.parametrize("extras", [False, True])
@pytest.mark.parametrize("sap", OFFERED)
@pytest.mark.parametrize("context", [PLAIN, CIPHERED])
@pytest.mark.parametrize("mechanism", [LOWEST, LLS, HLS])
@pytest.mark.manual("12.3.clients", "12.3.services", "12.3.establishment")
def test_a_client_has_the_services_of_the_table(
    sap: int, context: Context, mechanism: Mechanism, *, extras: bool
) -> None:
    if (context, mechanism) == (PLAIN, HLS) or (sap == PUBLIC and (context, mechanism) != (PLAIN, LOWEST)):
        return  # nobody can ask for GMAC without keys, and the public client has no secrets to try with
    client = opened(sap, context, mechanism, extras=extras)
    assert (client is not None) is ((sap, context, mechanism) in WAYS)
    if client is not None:
        beyond = {"priority", "block-action"} if extras and sap != PUBLIC else set()
        assert named(client.negotiated.conformance) == OFFERED[sap] | beyond


class Megaphone:
    """Somebody who has the key of messages to all meters, and a meter that has it too."""

    def __init__(self, made: Made | None = None) -> None:
        self.made = made or Made()
        self.meter = self.made.meter
        self.meter.key_ring.change(MANAGEMENT, broadcast_encryption=bytes(BROADCAST_KEY))
        self.server = Server(self.meter, NOW)
        self.key = BROADCAST_KEY
        self.counter = 0

    def say(self, plain: bytes, counter: int | None = None) -> list[object]:
        self.counter = self.counter + 1 if counter is None else counter
        authentication = Key(self.meter.keys(MANAGEMENT).authentication)
        cipher = Cipher(self.key, authentication, self.meter.suite, broadcast=True)
        content = cipher.protect(CLIENT_TITLE, self.counter, Protection.FULL, plain)
        apdu = b"\xdb\x08" + CLIENT_TITLE + encode_length(len(content)) + content
        events = self.server.receive(encode_datagram(Datagram(BROADCAST, 1, apdu)), NOW)
        assert self.server.to_send() == b""
        return list(events)

    def put(self, class_id: int, obis: str, attribute: int, value: Data) -> list[object]:
        place = class_id.to_bytes(2, "big") + Obis.parse(obis).octets + bytes((attribute,))
        return self.say(b"\xc1\x01\x81" + place + b"\x00" + encode_data(value))

    def call(self, class_id: int, obis: str, method: int, parameter: bytes) -> list[object]:
        place = class_id.to_bytes(2, "big") + Obis.parse(obis).octets + bytes((method,))
        return self.say(b"\xc3\x01\x81" + place + b"\x01" + parameter)


def text(content: bytes) -> Data:
    return Data(Tag.OCTET_STRING, content)


@pytest.mark.manual("10.broadcast")
def test_blocks_of_an_image_for_all_meters_and_what_was_lost_for_one() -> None:
    megaphone = Megaphone()
    loader = Loader(megaphone.made)
    image = Recipe().made()
    blocks = cut(image, 1024)
    assert len(blocks) > 1
    assert loader.initiate(image) == 0
    for number, block in enumerate(blocks[:-1]):
        megaphone.call(18, "0-0:44.0.0", 2, struct(ImageBlock).encode(ImageBlock(number, block)))
    assert loader.get(4).value == len(blocks) - 1
    assert loader.put(len(blocks) - 1, blocks[-1]) == 0
    assert loader.call(3) in {0, int(ActionResult.TEMPORARY_FAILURE)}


def test_clock_and_messages_are_all_else_that_it_may_set() -> None:
    megaphone = Megaphone()
    device = megaphone.meter.device
    before = device.clock.time(device.now)
    moment = device.clock.date_time(device.now)
    later = text(moment.encode()[:6] + bytes((30,)) + moment.encode()[7:])
    assert [type(one) for one in megaphone.put(8, "0-0:1.0.0", 2, later)] == [AttributeSet]
    assert device.clock.time(device.now) > before
    assert megaphone.put(1, "0-0:96.13.0", 2, text(b"to all"))
    state = dict(megaphone.meter.attributes)
    assert megaphone.put(1, "0-0:96.1.2", 2, text(b"a note")) == []
    assert megaphone.put(15, "0-0:40.0.0", 7, text(b"another password")) == []
    assert megaphone.call(64, "0-0:43.0.0", 2, bytes.fromhex("0100")) == []
    assert megaphone.call(18, "0-0:44.0.0", 4, bytes.fromhex("0F00")) == []
    assert dict(megaphone.meter.attributes) == state
    assert all(megaphone.meter.keys(sap).password == KEYS[sap].password for sap in KEYS)


def test_its_key_is_replaced_by_management_alone_and_its_counter_is_shown() -> None:
    megaphone = Megaphone()
    meter = megaphone.meter
    megaphone.put(1, "0-0:96.13.0", 2, text(b"one"))
    key = (1).to_bytes(2, "big") + Obis.parse("0-0:43.1.102").octets + b"\x02"
    shown = meter.view(Audience.PUBLIC).readers[key]
    assert shown(meter) == encode_data(Data(Tag.DOUBLE_LONG_UNSIGNED, 1))
    for sap in (READOUT, MAINTENANCE, CONSUMER):
        with pytest.raises(AccessError):
            ClientSecurity(meter, sap, may_change_all=False).replace({KeyId.BROADCAST_ENCRYPTION: OTHER_KEY})
    ClientSecurity(meter, MANAGEMENT, may_change_all=True).replace({KeyId.BROADCAST_ENCRYPTION: OTHER_KEY})
    assert [type(one) for one in megaphone.put(1, "0-0:96.13.0", 2, text(b"old"))] == [DecipherFailed]
    megaphone.key = OTHER_KEY
    megaphone.counter = 0
    assert [type(one) for one in megaphone.put(1, "0-0:96.13.0", 2, text(b"two"))] == [AttributeSet]
    assert shown(meter) == encode_data(Data(Tag.DOUBLE_LONG_UNSIGNED, 1))


def test_after_the_upgrade_to_suite_1_messages_are_of_that_suite() -> None:
    megaphone = Megaphone(upgraded())
    assert megaphone.meter.suite is Suite.SUITE_1
    assert [type(one) for one in megaphone.put(1, "0-0:96.13.0", 2, text(b"to all"))] == [AttributeSet]
    suite_0 = Cipher(megaphone.key, Key(megaphone.meter.keys(MANAGEMENT).authentication), broadcast=True)
    content = suite_0.protect(CLIENT_TITLE, 9, Protection.FULL, b"\xc1\x01\x81")
    apdu = b"\xdb\x08" + CLIENT_TITLE + encode_length(len(content)) + content
    events = megaphone.server.receive(encode_datagram(Datagram(BROADCAST, 1, apdu)), NOW)
    assert [type(one) for one in events] == [DecipherFailed]


def test_keys_of_p1_are_replaced_through_the_setup_of_the_consumer_information_push() -> None:
    meter = Made().meter
    fresh = {KeyId.UNICAST_ENCRYPTION: OTHER_KEY, KeyId.AUTHENTICATION: BROADCAST_KEY}
    ClientSecurity(meter, CONSUMER, may_change_all=False).replace(fresh)
    held = meter.keys(CONSUMER)
    assert (held.unicast_encryption, held.authentication) == (bytes(OTHER_KEY), bytes(BROADCAST_KEY))
    assert (64).to_bytes(2, "big") + Obis.parse("0-0:43.0.1").octets + b"\x02" in meter.view(
        Audience.MANAGEMENT
    ).invokers


def cut_off(counters: InvocationCounters) -> InvocationCounters:
    found = InvocationCounters()
    found.restore(counters.saved())
    return found


def test_what_was_recorded_under_an_earlier_key_stays_old() -> None:
    counters = InvocationCounters()
    counters.accept(1, CLIENT_TITLE, 700)
    counters.restart(1, b"A", b"B")
    assert counters.last_accepted(1, CLIENT_TITLE) == 0
    counters.accept(1, CLIENT_TITLE, 5)
    counters.restart(1, b"B", b"A")
    counters = cut_off(counters)
    assert counters.last_accepted(1, CLIENT_TITLE) == counters.highest_accepted(1) >= 700
    counters.accept(1, CLIENT_TITLE, 1200)
    counters.restart(1, b"A", b"C")
    counters.restart(1, b"C", b"B")  # nobody has used C
    assert 5 <= counters.last_accepted(1, CLIENT_TITLE) < 700


def test_keys_that_are_forgotten_leave_a_floor_for_new_ones() -> None:
    counters = InvocationCounters()
    counters.accept(1, CLIENT_TITLE, 700)
    keys = [b"%d" % number for number in range(MOST_EARLIER_KEYS + 2)]
    for before, after in pairwise(keys):
        counters.restart(1, before, after)
        counters = cut_off(counters)
        counters.last_accepted(1, CLIENT_TITLE)
    counters.restart(1, keys[-1], b"new")
    assert counters.last_accepted(1, CLIENT_TITLE) == 700
    assert counters.last_accepted(2, CLIENT_TITLE) == 0
