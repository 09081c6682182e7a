"""M-Bus as targets: frames, records, the line that others read, the master that reads others, telegrams on the air."""

from collections.abc import Callable, Iterator
from random import Random

from fuzzing import grammar
from fuzzing.checking import same
from fuzzing.seeds import kept, mbus_answers, vectors
from fuzzing.target import FaultError, Target
from softmeter.apps.decode.exchange import Exchange
from softmeter.apps.decode.keyring import Keyring
from softmeter.apps.decode.stream import decoded
from softmeter.apps.decode.tree import lines, plain
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeters import parse_sub_meters
from softmeter.device.mbus_channel import LEAST, MOST, Asked, Errand, Identity, Kind, Moment, Order, Outcome, Task
from softmeter.device.surroundings import CALM
from softmeter.errors import DecodeError
from softmeter.meter import mbus_bus
from softmeter.security.mbus import encrypt_mode_5, mode_5_configuration, wrap_dsmr4, wrap_smr5
from softmeter.wire import mbus_writing
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import ACKNOWLEDGE, SELECTED, Control, Frame, FrameReader, Header, Information, decode, encode
from softmeter.wire.mbus_master import heard
from softmeter.wire.mbus_records import records
from softmeter.wire.mbus_wireless import Format, with_checksums, without_checksums

_SECOND = 1_780_000_000
_MOMENT = Moment(_SECOND, CALM)
_METERS = parse_sub_meters("gas:3,water:4")
_GAS = _METERS[0]
_LINE = MBusLine(_METERS)
_KEY = bytes(range(16))
_KEYRING = Keyring()
_KEYRING.add("fuzz", _KEY)
_GIVEN, _ASKED = encode(Frame(Control.SND_UD, 3, Information.DATA)), encode(Frame(Control.REQ_UD2, 3))
_SEALED = (Information.COMMAND, Information.COMMAND, Information.CLOCK)
_MOST_MEMORY = 4096
_MOST_FRAMES = 20_000
_ERRANDS = (
    Errand(1, Task.READ, Asked(3, Identity(), _KEY)),
    Errand(1, Task.READ, Asked(0, Identity(0x12345678, 0x1EE9, 1, 3))),
    Errand(2, Task.INSTALL, Asked(0, Identity())),
    Errand(1, Task.TELL, Asked(3, Identity()), Order(Kind.VALVE, 0)),
    Errand(1, Task.TELL, Asked(0, Identity(0x12345678)), Order(Kind.TIME, _SECOND)),
    Errand(1, Task.TELL, Asked(3, Identity(0x12345678, 0x1EE9, 1, 3), _KEY), Order(Kind.TIME, _SECOND, access=9)),
    Errand(1, Task.READ, Asked(0, _GAS.identity, _KEY)),
)


def targets() -> Iterator[Target]:
    """All of them."""
    answers = mbus_answers()
    frames = (*vectors("mbus.snd", "mbus.req", "mbus.rsp"), *answers)
    contents = tuple(frame[19:-2] for frame in answers)
    wrong = (DecodeError,)
    yield Target("mbus", _frames, wrong, (*frames, *kept("mbus")), _stream, tokens=(b"\x68", b"\x10\x7b", b"\xe5"))
    yield Target("mbus-records", _records, wrong, (*contents, *kept("mbus-records")), _content)
    talk = tuple(_spoken(frame) for frame in frames)
    yield Target("mbus-line", _line, (), (*talk, *kept("mbus-line")), _asked)
    told = tuple(bytes((number % len(_ERRANDS),)) + _spoken(ACKNOWLEDGE, one) for number, one in enumerate(answers))
    yield Target("mbus-master", _master, (), (*told, *kept("mbus-master")), _answered)
    yield Target("mbus-wireless", _wireless, (), kept("mbus-wireless"), _on_air)


def _frames(octets: bytes) -> None:
    """The same frames whole and in pieces; each is written and read again as the same."""
    seen = []
    for step in (len(octets) + 1, 3):
        reader, found = FrameReader(), []
        for at in range(0, len(octets), step):
            found += reader.receive(octets[at : at + step])
        seen.append(found)
    same(seen[0], seen[1], "a stream in pieces")
    for frame in seen[0]:
        same(frame, decode(encode(frame)), "a frame")
    for asked in (_GIVEN, _ASKED):
        if heard(octets, asked, silent=True) is None:
            raise FaultError("answer", "a silent line has not been heard")
    decode(octets)


def _records(octets: bytes) -> None:
    at = 0
    for record in records(Cursor(octets)):
        if record.at < at or not 0 < record.data <= record.head <= record.size:
            raise FaultError("answer", f"a record at {record.at} of {record.size} octets, after {at}")
        at = record.at + record.size


def _line(octets: bytes) -> None:
    """A master that says anything, one frame after the other; then an honest one reads."""
    memory = ""
    for frame in _heard(octets):
        memory, answer = _LINE.exchange(memory, frame, _MOMENT)
        if answer not in {b"", ACKNOWLEDGE} and len(answer) > 261:
            raise FaultError("answer", f"{len(answer)} octets")
    if len(memory) > _MOST_MEMORY:
        raise FaultError("state", f"{len(memory)} characters to remember")
    for past in _LINE.pasts(memory):
        past.counted(_GAS, _SECOND)

    def exchange(frame: bytes) -> bytes:
        nonlocal memory
        memory, answer = _LINE.exchange(memory, frame, _MOMENT)
        return answer

    outcome = _run(Errand(1, Task.READ, Asked(0, _GAS.identity)), exchange)
    if outcome.answer is None or outcome.answer.identity != _GAS.identity:
        raise FaultError("service", "an honest master is not served")


def _master(octets: bytes) -> None:
    """A line that answers anything, then nothing: the errand ends, and what it tells fits the meter's objects."""
    errand = _ERRANDS[octets[0] % len(_ERRANDS)] if octets else _ERRANDS[0]
    answers = iter(_heard(octets[1:]))
    outcome = _run(errand, lambda frame: heard(next(answers, b""), frame, silent=True) or b"")
    repr(outcome)
    for value in outcome.answer.values if outcome.answer else ():
        if not (LEAST <= value.number <= MOST and -128 <= value.scaler < 128):
            raise FaultError("answer", f"{value}")


def _run(errand: Errand, exchange: Callable[[bytes], bytes]) -> Outcome:
    conversation = mbus_bus.run(errand)
    frame = next(conversation)
    for _ in range(_MOST_FRAMES):
        decode(frame)
        try:
            frame = conversation.send(exchange(frame))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
    raise FaultError("slow", f"no end after {_MOST_FRAMES} frames")


def _wireless(octets: bytes) -> None:
    """In blocks and without, as the decoder shows it."""
    for form in Format:
        try:
            telegram = without_checksums(octets, form)
        except DecodeError:
            continue
        same(octets, with_checksums(telegram, form), f"a telegram in format {form.value}")
    for node in decoded(octets, Exchange(_KEYRING)):
        list(lines(node))
        plain(node)


# -- grammars of their own


def _spoken(*said: bytes) -> bytes:
    """Several things said one after the other, each with its length."""
    return b"".join(len(one).to_bytes(2, "big") + one for one in said)


def _heard(octets: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(octets):
        size = int.from_bytes(octets[at : at + 2], "big")
        yield octets[at + 2 : at + 2 + size]
        at += 2 + size


def _content(random: Random) -> bytes:
    """Records, mostly of forms that there are."""
    return b"".join(_record(random) for _ in range(random.randrange(8)))


def _record(random: Random) -> bytes:
    form = random.choice((1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 0x1F, 0x2F, 8, 0, random.getrandbits(8)))
    head = bytes((form | random.choice((0, 0, 0x10, 0x40, 0x80)),))
    if head[0] & 0x80:
        head += random.randbytes(random.choice((1, 1, 2, 12)))
    unit = random.choice((b"\x13", b"\x06", b"\x6d", b"\xfd\x17", b"\xfb\x01", b"\x7c\x02zh", random.randbytes(1)))
    sizes = {1: 1, 2: 2, 3: 3, 4: 4, 5: 4, 6: 6, 7: 8, 9: 1, 10: 2, 11: 3, 12: 4, 14: 6}
    size = sizes.get(form, random.randrange(6))
    value = random.choice((bytes(size), b"\xff" * size, random.randbytes(size), b"\x99" * size))
    if form == 13:
        value = bytes((random.choice((0, 3, 17, 0xBF, 0xC3, 0xD2, 0xE4, 0xF0, 0xFF)),)) + value
    return head + unit + value


def _answer(random: Random) -> bytes:
    """What a sub-meter says, in clear or encrypted."""
    header = Header(0x12345678, 0x1EE9, 1, 3, random.getrandbits(8), random.getrandbits(8))
    content = _content(random)[:200]
    if random.random() < 0.4:
        content = mbus_writing.padded(content)
        configuration = random.choice((mode_5_configuration(len(content)), random.getrandbits(16)))
        header = header._replace(configuration=configuration)
        content = encrypt_mode_5(_KEY, header.address, header.access, content)
    information = random.choice((Information.LONG_HEADER,) * 6 + tuple(Information))
    return encode(Frame(Control.RSP_UD | random.choice((0, 0, 0x20)), 3, information, header.octets + content))


def _question(random: Random) -> bytes:
    """What a master says to our sub-meters."""
    address = random.choice((0, 1, SELECTED, SELECTED, 254, 255, random.getrandbits(8)))
    control = random.choice((0x40, 0x53, 0x73, 0x5B, 0x7B, 0x5A, 0x7A, random.getrandbits(8)))
    if random.random() < 0.4:
        return encode(Frame(control, address))
    wanted = bytearray(random.choice(_METERS).header.address)
    for at in range(8):
        wanted[at] |= random.choice((0, 0, 0xFF, 0x0F))
    orders = (
        bytes(wanted),
        mbus_writing.octet(mbus_writing.BUS_ADDRESS, random.getrandbits(8)),
        b"\x04\x6d" + random.randbytes(4),
        mbus_writing.octet(mbus_writing.REMOTE_CONTROL, random.getrandbits(2)),
        mbus_writing.string(mbus_writing.KEY, random.randbytes(random.choice((16, 30, 5)))),
        mbus_writing.string(mbus_writing.KEY, wrap_dsmr4(_GAS.default_key, _KEY)),
        mbus_writing.string(
            mbus_writing.KEY, wrap_smr5(_GAS.default_key, _KEY, _GAS.header.address, random.getrandbits(3))
        ),
        _content(random)[:200],
    )
    if random.random() < 0.3:
        plain = random.choice((*orders[1:], mbus_writing.clock(random.getrandbits(31)), random.randbytes(12)))
        return encode(Frame(control, address, random.choice(_SEALED), _sealed(random, plain[:220])))
    information = random.choice((Information.SELECT, Information.DATA, Information.DATA, *Information))
    content = orders[0] if information is Information.SELECT else random.choice(orders[1:])
    return encode(Frame(control, SELECTED if information is Information.SELECT else address, information, content))


def _sealed(random: Random, plain: bytes) -> bytes:
    """An order in mode 5 as somebody with the key sends it, mostly."""
    octets = mbus_writing.padded(plain)
    header = _GAS.header._replace(access=random.getrandbits(4), configuration=mode_5_configuration(len(octets)))
    content = header.octets + encrypt_mode_5(_KEY, header.address, header.access, octets)
    return content if random.random() < 0.8 else random.choice((content[:-1], content[12:], header.octets + octets))


def _stream(random: Random) -> bytes:
    parts = (_answer(random), _question(random), ACKNOWLEDGE, grammar.octets(random, 8))
    return b"".join(random.choice(parts) for _ in range(random.randrange(5)))


def _asked(random: Random) -> bytes:
    return _spoken(*(_question(random) for _ in range(random.choice((1, 2, 4, 8)))))


def _answered(random: Random) -> bytes:
    made = (ACKNOWLEDGE, ACKNOWLEDGE, _answer(random), _answer(random), b"", grammar.octets(random, 12))
    return bytes((random.randrange(len(_ERRANDS)),)) + _spoken(*(random.choice(made) for _ in range(12)))


def _on_air(random: Random) -> bytes:
    """A telegram with its link, layers and records."""
    content = mbus_writing.padded(_content(random)[:150])
    address = Header(0x12345678, 0x1EE9, 1, 3).address
    access, mode = random.getrandbits(8), random.choice((0, 5, 5, 7, 8))
    if mode == 5:
        content = encrypt_mode_5(_KEY, address, access, content)
    state = bytes((access, 0, len(content) // 16 << 4 & 0xFF, mode))
    layers = random.choice((b"", b"\x8c\x20\x2a", b"\x90\x0f\x00\x2c\x25\x0a\x00\x00\x00" + random.randbytes(8)))
    transport = random.choice((b"\x7a" + state, b"\x72" + address + state, b"\x78", random.randbytes(2))) + content
    octets = b"\x44" + address[4:6] + address[:4] + address[6:] + layers + transport
    octets = octets[: random.choice((250, 250, 30))]
    telegram = bytes((len(octets),)) + octets
    return random.choice((telegram, *(with_checksums(telegram, form) for form in Format)))
