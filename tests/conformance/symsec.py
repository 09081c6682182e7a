"""What the cases of SYMSEC_0 do, for any suite: against the device built from the library, octet by octet."""

from typing import Any

from dlms.device import KEYS, MANAGEMENT_SAP
from dlms.link import CLIENT_TITLE, Link, ber, initiate
from dlms.secure_device import SecureMeter
from meter.upgrading import upgraded
from softmeter.dlms.acse import Aare, Result, Rlre, decode_acse
from softmeter.dlms.host import DecipherFailed, Keys, Replayed
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import KeyId, wrap_key
from softmeter.wire.types import encode_length

ALIAS_NAME = "0000600101FF"
GET_CLOCK = "C001C100080000010000FF0200"
SET_ALIAS = f"C101C10001{ALIAS_NAME}02000902414C"
ALIAS = "C401C1000902414C"
ACTIVATE = "C301C1004000002B0000FF010116"
TRANSFER = "C301C1004000002B0000FF0201"
DONE, OTHER_REASON = "C701C10000", "C701C1FA00"
UNDECIPHERED, NOT_POSSIBLE = bytes.fromhex("D80105"), bytes.fromhex("D80101")
assert KEYS.unicast_encryption == bytes(range(16))


class Bench:
    """A device of one suite and a client of it, written out by hand."""

    alias = ALIAS_NAME
    """A text that can be set."""

    def __init__(self, suite: Suite, policy: int | None = None) -> None:
        self.suite = suite
        self.meter: Any = self.made(policy)
        self.link = self.connect()

    def made(self, policy: int | None) -> Any:
        """The device."""
        return SecureMeter(self.suite, policy)

    @property
    def keys(self) -> Keys:
        keys: Keys = self.meter.keys(MANAGEMENT_SAP)
        return keys

    @property
    def state(self) -> object:
        """All that a request might change, but for counters."""
        return self.meter.state

    @property
    def accepted(self) -> object:
        """The counters accepted from clients."""
        return dict(self.meter.counters.accepted)

    def connect(self, counter: int = 0) -> Link:
        """A further connection with the keys in force; `counter` was the last one used."""
        link = Link(self.meter, MANAGEMENT_SAP)
        link.cipher = self.cipher()
        link.counter = counter
        return link

    def cipher(self, key: bytes = b"", authentication: bytes = b"", *, broadcast: bool = False) -> Cipher:
        unicast, proof = key or self.keys.unicast_encryption, authentication or self.keys.authentication
        return Cipher(Key(unicast), Key(proof), self.suite, broadcast=broadcast)

    def open(self) -> Link:
        self.link.open_management()
        self.link.events.clear()
        return self.link

    def fresh_key(self, first: int = 0x60) -> bytes:
        return bytes(range(first, first + self.suite.key_octets))

    def transfer(self, *keys: tuple[int, bytes], master: bytes = b"") -> str:
        """The ACTION that replaces keys, wrapped with `master` or the one in force."""
        wrapping = Key(master or self.keys.master)
        entries = b"".join(
            b"\x02\x02\x16%c\x09%b%b" % (key_id, encode_length(len(wrapped)), wrapped)
            for key_id, wrapped in ((key_id, wrap_key(wrapping, key)) for key_id, key in keys)
        )
        return TRANSFER + (b"\x01" + encode_length(len(keys)) + entries).hex()

    @property
    def set_alias(self) -> str:
        return SET_ALIAS.replace(ALIAS_NAME, self.alias)

    @property
    def get_alias(self) -> str:
        return f"C001C10001{self.alias}0200"


class MeterBench(Bench):
    """The whole meter after its upgrade to suite 1."""

    alias = "0000600102FF"

    def made(self, policy: int | None) -> Any:
        assert policy is None
        return upgraded().meter

    @property
    def state(self) -> object:
        meter = self.meter
        return [dict(part.saved()) for part in (meter.key_ring, meter.trust, meter.device.attributes)]

    @property
    def accepted(self) -> object:
        saved = self.meter.counters.saved()
        return {name: value for name, value in saved.items() if not name.startswith("own.")}


Kind = Suite | None
"""A device of the library of that suite, or the whole meter after the upgrade."""


def bench_of(kind: Kind, policy: int | None = None) -> Bench:
    return MeterBench(Suite.SUITE_1, policy) if kind is None else Bench(kind, policy)


def release(information: bytes | None) -> bytes:
    body = bytes.fromhex("800100")
    if information is not None:
        body += bytes.fromhex(ber(0xBE, b"\x04" + encode_length(len(information)) + information))
    return b"\x62" + encode_length(len(body)) + body


def unmoved(bench: Bench, link: Link, request: bytes, answer: bytes, *events: object) -> None:
    """`request` is answered so, reported so, and changes nothing."""
    before = bench.state, bench.accepted
    link.events.clear()
    assert link.ask(request) == answer
    assert link.events == list(events)
    assert (bench.state, bench.accepted) == before


def basic_capability(kind: Kind) -> None:
    bench = bench_of(kind)
    link = bench.open()
    assert link.get("C001C1004000002B0000FF0300") == f"C401C10016{bench.suite:02X}"
    assert link.get("C001C1004000002B0000FF0500") == f"C401C1000908{bench.meter.system_title.hex().upper()}"
    assert link.get("C001C1004000002B0000FF0400") == f"C401C1000908{CLIENT_TITLE.hex().upper()}"
    answer = link.ask(release(link.glo(initiate())))
    assert answer is not None
    assert isinstance(decode_acse(answer), Rlre)


def replay(kind: Kind) -> None:
    bench = bench_of(kind)
    link = bench.open()
    captured = link.glo(bytes.fromhex(bench.set_alias))
    assert link.ask(captured) is not None
    link.get(GET_CLOCK)
    last = link.counter
    error = bytes.fromhex("D80106") + last.to_bytes(4, "big")
    unmoved(bench, link, captured, error, Replayed(MANAGEMENT_SAP, last))
    for counter in (last, last - 1, 1, 0):
        request = link.glo(bytes.fromhex(GET_CLOCK), counter=counter)
        if counter != last:
            unmoved(bench, link, request, error, Replayed(MANAGEMENT_SAP, last))
    assert link.get(GET_CLOCK).startswith("C401C100090C")


def send_counter(kind: Kind) -> None:
    bench = bench_of(kind)
    link = bench.open()
    counters = []
    for _ in range(10):
        answer = link.ask(link.glo(bytes.fromhex(GET_CLOCK)))
        assert answer is not None
        counters.append(int.from_bytes(answer[3:7], "big"))
    again = bench.connect(link.counter).open_management()
    answer = again.ask(again.glo(bytes.fromhex(GET_CLOCK)))
    assert answer is not None
    counters.append(int.from_bytes(answer[3:7], "big"))
    assert counters == sorted(set(counters))


def transfers(kind: Kind, key_id: KeyId) -> None:
    bench = bench_of(kind)
    link = bench.open()
    key, old = bench.fresh_key(), bench.keys
    assert link.get(bench.transfer((key_id, key))) == DONE  # the answer is still under the old keys
    keys = bench.keys
    if key_id is KeyId.BROADCAST_ENCRYPTION:
        assert keys.broadcast_encryption == key
        assert link.get(GET_CLOCK).startswith("C401C100")
        return
    assert link.ask(link.glo(bytes.fromhex(GET_CLOCK))) == UNDECIPHERED
    encryption = key if key_id is KeyId.UNICAST_ENCRYPTION else old.unicast_encryption
    authentication = key if key_id is KeyId.AUTHENTICATION else old.authentication
    link.cipher = bench.cipher(encryption, authentication)
    if key_id is KeyId.UNICAST_ENCRYPTION:
        link.counter = 0  # a new encryption key has its counters start afresh
    assert link.get(GET_CLOCK).startswith("C401C100")
    assert bench.connect(link.counter).open_management().get(GET_CLOCK).startswith("C401C100")


def wrong_key_id(kind: Kind) -> None:
    bench = bench_of(kind)
    link = bench.open()
    state = bench.state
    assert link.get(bench.transfer((4, bench.fresh_key()))).startswith("C701C10C")
    twice = bench.transfer((0, bench.fresh_key()), (0, bench.fresh_key(0x50)))
    assert link.get(twice) == OTHER_REASON
    assert link.get(bench.transfer()) == OTHER_REASON
    assert bench.state == state
    assert link.get(GET_CLOCK).startswith("C401C100")


def wrong_wrapping(kind: Kind) -> None:
    bench = bench_of(kind)
    link = bench.open()
    state = bench.state
    assert link.get(bench.transfer((0, bench.fresh_key()), master=bench.fresh_key(0x10))) == OTHER_REASON
    good = bench.transfer((2, bench.fresh_key()), (0, bench.fresh_key(0x50)))
    damaged = good[:-2] + f"{int(good[-2:], 16) ^ 1:02x}"
    assert link.get(damaged) == OTHER_REASON  # all or nothing: the first key of the two verifies
    assert link.get(bench.transfer((0, bench.fresh_key() * 2))) == OTHER_REASON
    assert bench.state == state
    assert link.get(GET_CLOCK).startswith("C401C100")


def dedicated_key(kind: Kind) -> None:
    bench = bench_of(kind)
    link = bench.open()
    key = bench.fresh_key()
    ciphers = {name: bench.cipher(bytes(one)) for name, one in (("dedicated", key), ("other", key[::-1]))}

    def dedicated(name: str, counter: int) -> bytes:
        content = ciphers[name].protect(CLIENT_TITLE, counter, Protection.FULL, bytes.fromhex(GET_CLOCK))
        return b"\xd0" + encode_length(len(content)) + content

    failed = DecipherFailed(MANAGEMENT_SAP)
    unmoved(bench, link, dedicated("dedicated", 500), UNDECIPHERED, failed)  # there is none in this association
    link.open_management(proposing(key))
    answer = link.ask(dedicated("dedicated", 1))
    assert answer is not None
    assert answer[:1] == b"\xd4"
    unmoved(bench, link, dedicated("other", 2), UNDECIPHERED, failed)
    link.get(GET_CLOCK)
    replayed = Replayed(MANAGEMENT_SAP, 1)
    unmoved(bench, link, dedicated("dedicated", 1), bytes.fromhex("D8010600000001"), replayed)
    link.open_management()
    unmoved(bench, link, dedicated("dedicated", 2), UNDECIPHERED, failed)  # it died with its association
    answer = link.ask(link.hls_aarq(link.glo(proposing(bytes(range(32))))))
    assert answer is not None
    aare = decode_acse(answer)
    assert isinstance(aare, Aare)
    assert aare.result == Result.REJECTED_PERMANENT


def proposing(key: bytes) -> bytes:
    """An InitiateRequest with a dedicated key."""
    return b"\x01\x01%c" % len(key) + key + initiate()[2:]


def secured_exchange(kind: Kind) -> None:
    bench = bench_of(kind, 0)
    link = bench.open()
    for protection in (Protection.AUTHENTICATED, Protection.ENCRYPTED, Protection.FULL):
        answer = link.ask(link.glo(bytes.fromhex(bench.set_alias), protection=protection))
        assert answer is not None
        opened = link.cipher.unprotect(bench.meter.system_title, answer[2:])
        assert (opened.plain.hex().upper(), opened.protection) == ("C501C100", protection)
        answer = link.ask(link.glo(bytes.fromhex(bench.get_alias), protection=protection))
        assert answer is not None
        assert link.cipher.unprotect(bench.meter.system_title, answer[2:]).plain.hex().upper() == ALIAS
    assert link.ask(bench.get_alias) == bytes.fromhex(ALIAS)  # the policy asks for nothing


def damaged_exchange(kind: Kind) -> None:
    bench = bench_of(kind)
    link = bench.open()
    failed = DecipherFailed(MANAGEMENT_SAP)
    unmoved(bench, link, bytes.fromhex(bench.set_alias), UNDECIPHERED, failed)
    for protection in (Protection.AUTHENTICATED, Protection.ENCRYPTED):
        unmoved(bench, link, link.glo(bytes.fromhex(bench.set_alias), protection=protection), UNDECIPHERED, failed)
    genuine = link.glo(bytes.fromhex(bench.set_alias))
    for at in range(2, len(genuine)):
        damaged = bytearray(genuine)
        damaged[at] ^= 1
        unmoved(bench, link, bytes(damaged), UNDECIPHERED, failed)
    assert link.unprotect(link.ask(genuine) or b"").hex().upper() == "C501C100"


def weak_release(kind: Kind) -> None:
    bench = bench_of(kind)
    link = bench.open()
    failed = DecipherFailed(MANAGEMENT_SAP)
    weak = [
        None,
        initiate(),
        link.glo(initiate(), protection=Protection.AUTHENTICATED),
        link.glo(initiate(), protection=Protection.ENCRYPTED),
        link.glo(initiate())[:-1] + b"\x00",
    ]
    for information in weak:
        unmoved(bench, link, release(information), UNDECIPHERED, failed)
    assert link.get(GET_CLOCK).startswith("C401C100")
    assert (link.ask(release(link.glo(initiate()))) or b"")[:1] == b"\x63"
    assert link.ask(link.glo(bytes.fromhex(GET_CLOCK))) == NOT_POSSIBLE


STRENGTHS = (Protection.NONE, Protection.AUTHENTICATED, Protection.ENCRYPTED, Protection.FULL)
VERSION_1 = (0x00, 0x24, 0x48, 0x6C)


def policy(kind: Kind, number: int) -> None:
    bench = bench_of(kind, 0)
    link = bench.open()
    numbers = VERSION_1 if kind else (0, 1, 2, 3)
    needed = STRENGTHS[number]
    assert link.get(ACTIVATE + f"{numbers[number]:02X}") == DONE
    assert bench.meter.store.policy == numbers[number]
    for protection in STRENGTHS:
        request = bytes.fromhex(GET_CLOCK)
        if protection is not Protection.NONE:
            request = link.glo(request, protection=protection)
        if needed & ~protection:
            unmoved(bench, link, request, UNDECIPHERED, DecipherFailed(MANAGEMENT_SAP))
            continue
        answer = link.ask(request) or b""
        assert link.cipher.unprotect(bench.meter.system_title, answer[2:]).protection is protection
    weaker = [one for one in range(4) if number & ~one or one == 0]
    for one in weaker:
        assert link.get(ACTIVATE + f"{numbers[one]:02X}") == OTHER_REASON
    assert bench.meter.store.policy == numbers[number]
