"""A device whose keys, policy and certificates clients can change, built from the library; of any suite."""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum

from dlms.device import ALL_BITS, CIPHERED, CLIENTS, LN, MANAGEMENT_SAP, ROWS, TITLE, Audience, SmallMeter
from softmeter.cosem.access import ALL, Policy, Rights
from softmeter.cosem.classes.data import SettableData
from softmeter.cosem.classes.security_setup import SecurityPolicy, SecuritySetup
from softmeter.cosem.classes.security_setup_v1 import SecuritySetupV1
from softmeter.cosem.dictionary import Dictionary, Row, View
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.dialect import STANDARD, CounterProfile, Dialect
from softmeter.dlms.host import Client, Keys
from softmeter.entropy import SeededEntropy
from softmeter.instant import Instant, at_second
from softmeter.obis import Obis
from softmeter.security import policies
from softmeter.security.certificates import Authority, Certificate
from softmeter.security.curves import KeyPair
from softmeter.security.identity import Identity, KnownKeys, Purpose
from softmeter.security.suites import Key, Suite
from softmeter.security.trust import TrustStore
from softmeter.security.wrapping import KeyId
from softmeter.wire.types import Data as Value
from softmeter.wire.types import Tag, octet_string

CLIENT_TITLE = bytes.fromhex("4D4D4D0000000001")
SECRET = b"0123456789ABCDEF"
NOW = at_second(1_700_000_000)
BEGIN, END = at_second(1_600_000_000), at_second(2_000_000_000)
SETUP, GUARDED, SIGNED = "0-0:43.0.0", "0-0:96.1.3", "0-0:96.1.4"
_WHOLE: dict[Enum, Rights] = {Audience.MANAGEMENT: Rights(ALL, ALL, ALL)}
_SIGNED = policies.Policy.REQUEST_SIGNED | policies.Policy.RESPONSE_SIGNED
_TEXT = SettableData(value=Value(Tag.OCTET_STRING, b"well kept"), form=octet_string(most=48))


def guarded(demand: policies.Policy) -> Policy:
    rights = Rights(ALL, ALL, ALL, demands={"value": demand})
    return Policy(f"GUARDED {demand}", {Audience.MANAGEMENT: rights})


def dictionary(setup: SecuritySetup | SecuritySetupV1) -> Dictionary:
    rows = [row for row in ROWS if row.obis != SETUP]
    return Dictionary(
        (
            *rows,
            Row(SETUP, "Security", setup, Policy("KEYS", _WHOLE)),
            Row(GUARDED, "Guarded", _TEXT, guarded(policies.Policy.FULL)),
            Row(SIGNED, "Signed", _TEXT, guarded(_SIGNED)),
        )
    )


VERSION_0 = dictionary(SecuritySetup(part=lambda meter: meter.store, keys=lambda meter: meter.store))
VERSION_1 = dictionary(SecuritySetupV1(part=lambda meter: meter.store, keys=lambda meter: meter.store))
WAYS = {
    (context, mechanism): Audience.MANAGEMENT
    for context in (LN, CIPHERED)
    for mechanism in (Mechanism.LLS, Mechanism.HLS_GMAC, Mechanism.HLS_SHA256, Mechanism.HLS_ECDSA)
    if (context, mechanism) != (LN, Mechanism.HLS_GMAC) and (context, mechanism) != (LN, Mechanism.LLS)
}


def pairs(suite: Suite, seed: str) -> dict[Purpose, KeyPair]:
    entropy = SeededEntropy(seed)
    return {purpose: KeyPair.draw(suite, entropy) for purpose in (Purpose.SIGNATURE, Purpose.AGREEMENT)}


def known(own: dict[Purpose, KeyPair], peer: bytes, others: dict[Purpose, KeyPair]) -> KnownKeys:
    return KnownKeys(own, {(peer, purpose): pair.public for purpose, pair in others.items()})


class Store:
    """The part behind the security setup: what it changes is in force from the next APDU on."""

    def __init__(self, meter: "SecureMeter", keys: Keys, policy: int) -> None:
        self._meter = meter
        self.keys = keys
        self.policy = policy
        self.entropy = SeededEntropy("device")
        self.now: Instant = NOW
        self.trust = TrustStore(TITLE, keys.suite)
        self.server_system_title = TITLE

    @property
    def suite(self) -> int:
        return self.keys.suite

    @property
    def master(self) -> Key:
        return Key(self.keys.master)

    @property
    def client_system_title(self) -> bytes:
        session = self._meter.sessions.of(MANAGEMENT_SAP)
        return b"" if session is None else session.client_title

    def spares(self, certificate: Certificate) -> bool:  # noqa: ARG002 - no policy of this device is that strict
        return True

    def activate(self, policy: int) -> None:
        self.policy = policy
        in_force = policies.Policy(policy) if self.keys.suite else policies.Policy.of_version_0(policy)
        self.keys = replace(self.keys, policy=in_force)

    def replace(self, keys: Mapping[KeyId, Key]) -> None:
        old = self.keys
        self.keys = replace(
            old,
            unicast_encryption=keys.get(KeyId.UNICAST_ENCRYPTION, old.unicast_encryption),
            broadcast_encryption=keys.get(KeyId.BROADCAST_ENCRYPTION, old.broadcast_encryption),
            authentication=keys.get(KeyId.AUTHENTICATION, old.authentication),
            master=keys.get(KeyId.MASTER, old.master),
        )
        if KeyId.UNICAST_ENCRYPTION in keys:
            self._meter.counters.own = 0
            self._meter.counters.accepted.clear()


class SecureMeter(SmallMeter):
    """A host of the server. `policy` is that of the class's version: 0 in suite 0, 1 above."""

    def __init__(
        self,
        suite: Suite = Suite.SUITE_0,
        policy: int | None = None,
        profile: CounterProfile = CounterProfile.STRICT,
        dialect: Dialect = STANDARD,
    ) -> None:
        super().__init__()
        size = suite.key_octets
        self.dictionary = VERSION_1 if suite else VERSION_0
        identity: Identity | None = None
        self.client_identity: Identity | None = None
        if suite:
            ours, theirs = pairs(suite, "meter"), pairs(suite, "client")
            identity, self.client_identity = known(ours, CLIENT_TITLE, theirs), known(theirs, TITLE, ours)
        keys = Keys(
            bytes(range(size)),
            bytes(range(0xD0 - size + 16, 0xE0)),
            b"12345678",
            bytes(range(0x40, 0x40 + size)),
            bytes(range(0x80, 0x80 + size)),
            SECRET,
            suite,
            identity=identity,
        )
        full = policies.Policy.FULL if suite else SecurityPolicy.AUTHENTICATED_ENCRYPTED
        self.store = Store(self, keys, int(full if policy is None else policy))
        self.store.activate(self.store.policy)
        management = Client(
            MANAGEMENT_SAP, "management", WAYS, ALL_BITS, Obis.parse(SETUP), counter_profile=profile, dialect=dialect
        )
        self.clients = {**CLIENTS, MANAGEMENT_SAP: management}

    def keys(self, sap: int) -> Keys:
        return self.store.keys if sap == MANAGEMENT_SAP else super().keys(sap)

    def view(self, audience: Enum) -> View:
        return self.dictionary.view(audience)

    @property
    def state(self) -> tuple[object, ...]:
        store = self.store
        return (*super().state, store.keys, store.policy, store.trust.saved())


def authority(suite: Suite = Suite.SUITE_1, name: str = "Root") -> Authority:
    return Authority(name, KeyPair.draw(suite, SeededEntropy(name)), BEGIN, END)
