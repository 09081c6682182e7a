"""Keys and passwords replaced on a living meter: all or nothing, the old key answers, counters begin afresh."""

import pytest

from conformance.appl import MANAGEMENT, Bench
from dlms.link import CLIENT_TITLE
from meter.making import KEYS, START, Made, values_of
from softmeter.cosem.access import ActionResult
from softmeter.device.events import Event, Log
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import drive
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.entropy import SeededEntropy
from softmeter.errors import AccessError, MeterError
from softmeter.instant import SECOND, Instant
from softmeter.meter.clients import CONSUMER, MAINTENANCE
from softmeter.meter.parts_keys import ClientSecurity
from softmeter.obis import Obis
from softmeter.security.suites import Key
from softmeter.security.wrapping import KeyId, wrap_key
from softmeter.wire.types import Data, Tag, encode_data

MASTER = Key(bytes(16))
NEW = Key(bytes(range(16)))
OTHER = Key(bytes(range(16, 32)))
SETUP = MethodReference(64, Obis.parse("0-0:43.0.0"), 2)
SERIAL = AttributeReference(1, Obis.parse("0-0:96.1.0"), 2)


def transfer(*keys: tuple[KeyId, bytes]) -> bytes:
    return encode_data(
        Data(
            Tag.ARRAY,
            tuple(
                Data(Tag.STRUCTURE, (Data(Tag.ENUM, int(key_id)), Data(Tag.OCTET_STRING, wrapped)))
                for key_id, wrapped in keys
            ),
        )
    )


class Manager:
    """A management client of one meter that may be told to use other keys."""

    def __init__(self, bench: Bench | None = None, *, counter: int = 1, **keys: Key) -> None:
        self.bench = bench or Bench(MANAGEMENT)
        self.bench.connect()
        known = KEYS[MANAGEMENT]
        credentials = Credentials(
            Mechanism.HLS_GMAC,
            Key(),
            Family.SERVICE,
            system_title=CLIENT_TITLE,
            encryption_key=keys.get("encryption", Key(known.unicast_encryption)),
            authentication_key=keys.get("authentication", Key(known.authentication)),
        )
        self.client = Client(credentials, SeededEntropy(counter), counter=counter)

    def enter(self) -> "Manager":
        drive(self.client.associate(), self._serve)
        return self

    def call(self, method: MethodReference, parameter: bytes) -> int:
        try:
            drive(self.client.action(method, parameter), self._serve)
        except AccessError as error:
            return int(error.result)
        return int(ActionResult.SUCCESS)

    def serial(self) -> bytes:
        return drive(self.client.get(SERIAL), self._serve)

    def _serve(self, request: bytes) -> bytes:
        return self.bench.ask(request) or b""


def keys_of(bench: Bench) -> tuple[bytes, bytes, bytes]:
    keys = bench.meter.keys(MANAGEMENT)
    return keys.unicast_encryption, keys.authentication, keys.master


def test_a_new_encryption_key_is_answered_with_the_old_one_and_then_is_the_only_one() -> None:
    manager = Manager().enter()
    bench = manager.bench
    used = bench.meter.counters.highest_accepted(MANAGEMENT)
    assert manager.call(SETUP, transfer((KeyId.UNICAST_ENCRYPTION, wrap_key(MASTER, NEW)))) == 0
    assert keys_of(bench) == (bytes(NEW), KEYS[MANAGEMENT].authentication, bytes(MASTER))
    assert bench.meter.counters.highest_accepted(MANAGEMENT) > used
    with pytest.raises(MeterError):
        Manager(bench, counter=5000).enter()
    renewed = Manager(bench, encryption=NEW, counter=1).enter()
    assert renewed.serial().endswith(b"12345678")
    assert bench.meter.counters.highest_accepted(MANAGEMENT) < 10
    rows = bench.meter.device.events.ring(Log.STANDARD).rows()
    assert rows["code"].tolist() == [Event.KEY_EXCHANGED.code]
    assert bench.meter.device.behaviours.alarms.words[1].register == 1 << 13


def test_the_meters_own_counter_is_never_used_twice_with_one_key() -> None:
    manager = Manager().enter()
    bench, given = manager.bench, list[tuple[bytes, int]]()
    counters = bench.meter.counters
    following = counters.next_own

    def watched(sap: int) -> int:
        number = following(sap)
        given.append((keys_of(bench)[0], number))
        return number

    bench.meter.counters = Watched(counters, watched)  # type: ignore[assignment]
    for key in (NEW, OTHER, NEW):
        manager = Manager(bench, counter=10_000 + len(given), encryption=Key(keys_of(bench)[0])).enter()
        before = len(given)
        assert manager.call(SETUP, transfer((KeyId.UNICAST_ENCRYPTION, wrap_key(MASTER, key)))) == 0
        assert len(given) == before + 1  # the answer
        given[-1] = (b"old", given[-1][1])
    sealed = [one for one in given if one[0] != b"old"]
    assert len(sealed) == len(set(sealed))


def test_a_key_that_is_transferred_again_changes_no_counter() -> None:
    manager = Manager().enter()
    bench = manager.bench
    in_force = KEYS[MANAGEMENT].unicast_encryption
    before = bench.meter.counters.highest_accepted(MANAGEMENT)
    assert manager.call(SETUP, transfer((KeyId.UNICAST_ENCRYPTION, wrap_key(MASTER, Key(in_force))))) == 0
    assert manager.serial().endswith(b"12345678")
    assert bench.meter.counters.last_accepted(MANAGEMENT, CLIENT_TITLE) > before


def test_what_the_meter_sends_by_itself_before_the_next_request_uses_no_counter_twice() -> None:
    meter = Made().meter
    counters = meter.counters
    given = [counters.next_own(MANAGEMENT) for _ in range(5)]
    ClientSecurity(meter, MANAGEMENT, may_change_all=True).replace({KeyId.UNICAST_ENCRYPTION: NEW})
    given.append(counters.next_own(MANAGEMENT))
    assert counters.last_accepted(MANAGEMENT, CLIENT_TITLE) == 0
    given += [counters.next_own(MANAGEMENT) for _ in range(8)]
    assert len(given) == len(set(given))


class Watched:
    """Counters that tell whoever listens what they give."""

    def __init__(self, counters: object, next_own: object) -> None:
        self._counters = counters
        self.next_own = next_own

    def __getattr__(self, name: str) -> object:
        return getattr(self._counters, name)


def test_all_keys_change_together_or_none() -> None:
    manager = Manager().enter()
    before = keys_of(manager.bench)
    broken = wrap_key(OTHER, NEW)
    result = manager.call(
        SETUP, transfer((KeyId.AUTHENTICATION, wrap_key(MASTER, NEW)), (KeyId.UNICAST_ENCRYPTION, broken))
    )
    assert result == int(ActionResult.OTHER_REASON)
    assert keys_of(manager.bench) == before
    assert len(manager.bench.meter.device.events.ring(Log.STANDARD)) == 0
    assert manager.serial().endswith(b"12345678")


def test_a_master_key_in_the_middle_wraps_nothing_of_the_same_transfer() -> None:
    manager = Manager().enter()
    keys = transfer(
        (KeyId.MASTER, wrap_key(MASTER, OTHER)),
        (KeyId.AUTHENTICATION, wrap_key(MASTER, NEW)),
    )
    assert manager.call(SETUP, keys) == 0
    assert keys_of(manager.bench)[1:] == (bytes(NEW), bytes(OTHER))
    later = Manager(manager.bench, counter=500, authentication=NEW).enter()
    assert later.call(SETUP, transfer((KeyId.AUTHENTICATION, wrap_key(MASTER, OTHER)))) != 0
    assert later.call(SETUP, transfer((KeyId.AUTHENTICATION, wrap_key(OTHER, OTHER)))) == 0


@pytest.mark.parametrize(
    "parameter",
    [
        transfer(),
        transfer((KeyId.AUTHENTICATION, wrap_key(MASTER, NEW)), (KeyId.AUTHENTICATION, wrap_key(MASTER, NEW))),
        transfer((KeyId.AUTHENTICATION, wrap_key(MASTER, NEW)[:-8])),
        transfer((KeyId.AUTHENTICATION, b"")),
        bytes.fromhex("0101 0202 1609 0918") + wrap_key(MASTER, NEW),
        b"\x11\x01",
    ],
)
def test_what_is_no_transfer_is_refused(parameter: bytes) -> None:
    manager = Manager().enter()
    before = keys_of(manager.bench)
    assert manager.call(SETUP, parameter) != 0
    assert keys_of(manager.bench) == before


def test_an_encryption_key_that_another_client_has_or_had_is_refused() -> None:
    meter = Made().meter
    management, maintenance, consumer = (
        ClientSecurity(meter, sap, may_change_all=sap == MANAGEMENT) for sap in (MANAGEMENT, MAINTENANCE, CONSUMER)
    )
    first, third = (Key(meter.keys(sap).unicast_encryption) for sap in (MANAGEMENT, MAINTENANCE))
    management.replace({KeyId.UNICAST_ENCRYPTION: NEW, KeyId.AUTHENTICATION: OTHER})
    for security in (maintenance, consumer):
        for key in (NEW, first):  # each counts for itself: under one key the meter's numbers would repeat
            with pytest.raises(AccessError):
                security.replace({KeyId.UNICAST_ENCRYPTION: key})
    for keys in ({KeyId.BROADCAST_ENCRYPTION: third}, dict.fromkeys(KeyId, MASTER)):
        with pytest.raises(AccessError):
            management.replace(keys)
    assert [bytes(third), bytes(NEW)] == [meter.keys(sap).unicast_encryption for sap in (MAINTENANCE, MANAGEMENT)]
    management.replace({KeyId.UNICAST_ENCRYPTION: NEW})
    management.replace({KeyId.UNICAST_ENCRYPTION: first, KeyId.BROADCAST_ENCRYPTION: OTHER})
    maintenance.replace({KeyId.AUTHENTICATION: first})


def test_an_exchange_is_logged_with_the_time_of_the_order() -> None:
    """At a high rate a client's order comes long after the last tick."""
    meter = Made().meter
    meter.present = lambda: Instant(START + 1000 * SECOND)
    ClientSecurity(meter, MANAGEMENT, may_change_all=True).replace({KeyId.AUTHENTICATION: OTHER})
    assert meter.device.events.ring(Log.STANDARD).rows()[-1].tolist()[0][0] == START // SECOND + 1000


def restarted(bench: Bench) -> Made:
    saved = values_of(bench.actor.changes())
    again = Made()
    again.actor.restore(saved, {})
    return again


def test_after_a_power_cut_the_new_keys_work_and_nothing_is_counted_twice() -> None:
    manager = Manager().enter()
    assert manager.call(SETUP, transfer((KeyId.UNICAST_ENCRYPTION, wrap_key(MASTER, NEW)))) == 0
    again = restarted(manager.bench)
    bench = Bench(MANAGEMENT)
    bench.meter, bench.actor = again.meter, again.actor
    assert Manager(bench, encryption=NEW, counter=1).enter().serial().endswith(b"12345678")
    with pytest.raises(MeterError):
        Manager(bench, counter=9000).enter()


def test_a_password_is_changed_by_whoever_may_and_never_read() -> None:
    manager = Manager().enter()
    meter = manager.bench.meter
    place = (15).to_bytes(2, "big") + Obis.parse("0-0:40.0.3").octets + b"\x07"
    audiences = {audience.name: meter.view(audience) for audience in type(next(iter(meter.clients[1].ways.values())))}
    assert {name for name, view in audiences.items() if place in view.writers} == {"MANAGEMENT"}
    assert not any(place in view.readers for view in audiences.values())
    audiences["MANAGEMENT"].writers[place](meter, encode_data(Data(Tag.OCTET_STRING, b"another password")))
    assert meter.keys(2).password == b"another password"
    assert meter.keys(1).password == KEYS[1].password
    assert restarted(manager.bench).meter.keys(2).password == b"another password"
    for wrong in (b"", b"short", bytes(65)):
        with pytest.raises(AccessError):
            audiences["MANAGEMENT"].writers[place](meter, encode_data(Data(Tag.OCTET_STRING, wrong)))
    assert meter.keys(2).password == b"another password"


def test_a_changed_password_lets_in_and_the_old_one_does_not() -> None:
    bench = Bench(2)
    bench.meter.key_ring.change(2, password=b"another password")
    drive(
        Client(Credentials(Mechanism.LLS, Key(b"another password")), SeededEntropy(1)).associate(),
        lambda request: bench.ask(request) or b"",
    )
    bench.connect()
    with pytest.raises(MeterError):
        drive(bench.client(Context.LOGICAL_NAMES, Mechanism.LLS).associate(), lambda request: bench.ask(request) or b"")
