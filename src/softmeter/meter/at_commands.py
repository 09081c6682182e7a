"""What a cellular module answers to AT commands (3GPP TS 27.007; ITU-T V.250): a person can ask it how it stands.

It only tells. What the meter tells its module is set in the meter; who sets it here is refused (+CME ERROR: 3).
"""

from collections.abc import Callable, Mapping

from softmeter.clock import DateTime
from softmeter.device.modem import Registration
from softmeter.device.radio import Signal, Technology, carrier, is_heard, technology
from softmeter.dlms.associations import Standing
from softmeter.instant import LinkTime
from softmeter.meter.meter import Meter
from softmeter.meter.parts_ip import ip_address
from softmeter.meter.parts_network import card, signal

LONGEST_LINE = 256
NOT_ALLOWED = "+CME ERROR: 3"
MAKER, MODEL = "softmeter", "MN200"
OK, ERROR = "OK", "ERROR"
_LTE = {Technology.LTE: 7, Technology.LTE_CAT_M: 8, Technology.NB_IOT: 9, Technology.GPRS: 0, Technology.EDGE: 3}
"""Access technologies as +COPS numbers them."""

Answer = Callable[[Meter], list[str]]


class AtServer:
    """The module's end of the line: octets in, answers out. Silent where there is no module."""

    baud = 115_200
    deadline: LinkTime | None = None
    standing = Standing.NONE
    waiting = False

    def __init__(self, meter: Meter) -> None:
        self.closed = False
        self._meter = meter
        self._echo = True
        self._line = bytearray()
        self._out: list[bytes] = []

    def receive(self, data: bytes, now: LinkTime) -> list[object]:
        """Take octets; `b""` means that whoever asks has gone."""
        del now
        if not data:
            self.closed = True
        device = self._meter.device
        for octet in data if device.powered and device.feeling.state.module_present else b"":
            if self._echo:
                self._out.append(bytes((octet,)))
            if octet == 13:
                line, self._line = self._line.decode("ascii", "replace"), bytearray()
                self._answer(line.strip())
            elif octet == 8:
                del self._line[-1:]
            elif octet != 10 and len(self._line) < LONGEST_LINE:
                self._line.append(octet)
        return []

    def resume(self, now: LinkTime) -> list[object]:
        """Nothing waits here."""
        del now
        return []

    def expire(self, now: LinkTime) -> list[object]:
        """Nothing has a deadline here."""
        del now
        return []

    def to_send(self) -> bytes:
        """The answers made since the last call."""
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    def _answer(self, line: str) -> None:
        if line[:2].upper() != "AT":
            return
        command = line[2:].upper().strip()
        if command in {"E0", "E1"}:
            self._echo = command == "E1"
            self._say([OK])
        elif command in {"", "Z", "&F", "V1", "Q0"}:
            self._say([OK])
        else:
            self._say(answers(self._meter, command))

    def _say(self, lines: list[str]) -> None:
        self._out += [f"\r\n{line}\r\n".encode("ascii", "replace") for line in lines]


def answers(meter: Meter, command: str) -> list[str]:
    """The lines that answer a command without its AT, in capitals."""
    found = _ANSWERS.get(command)
    if found is not None:
        return [*found(meter), OK]
    name, _, parameter = command.partition("=")
    if parameter == "?" and f"{name}?" in _ANSWERS:
        return [OK]
    return [NOT_ALLOWED if name in _SETTABLE and parameter else ERROR]


def _registration(meter: Meter) -> Registration:
    return meter.device.behaviours.modem.registration(meter.device)


def _is_registered(meter: Meter) -> bool:
    return _registration(meter) in {Registration.HOME, Registration.ROAMING}


def _registered(name: str, *, lte: bool) -> Answer:
    def answer(meter: Meter) -> list[str]:
        around = meter.device.feeling.state
        if Signal.of(around).is_lte is not lte and _is_registered(meter):
            return [f"{name}: 2,0"]
        if not _is_registered(meter):
            return [f"{name}: 2,{int(_registration(meter))}"]
        place = f'"{around.cell >> 8 & 0xFFFF:04X}","{around.cell:08X}",{_LTE[technology(around)]}'
        return [f"{name}: 2,{int(_registration(meter))},{place}"]

    return answer


def _operator(meter: Meter) -> list[str]:
    if not _is_registered(meter):
        return ["+COPS: 0"]
    network = meter.device.settings.network
    return [f"+COPS: 0,0,{_quoted(network.operator)},{_LTE[technology(meter.device.feeling.state)]}"]


def _quoted(text: str) -> str:
    """A text as an answer has it: nothing in it ends the text or the line."""
    return '"' + "".join(sign if " " <= sign <= "~" and sign != '"' else "?" for sign in text) + '"'


def _quality(meter: Meter) -> list[str]:
    heard = signal(meter)
    return [f"+CSQ: {heard.quality},{heard.bit_errors}" if _is_heard(meter) else "+CSQ: 99,99"]


def _extended(meter: Meter) -> list[str]:
    heard = signal(meter)
    reports = f"{heard.rsrq_report},{heard.rsrp_report}" if _is_heard(meter) and heard.is_lte else "255,255"
    return [f"+CESQ: 99,99,255,255,{reports}"]


def _is_heard(meter: Meter) -> bool:
    return is_heard(meter.device.feeling.state)


def _context(meter: Meter) -> list[str]:
    apn = meter.device.behaviours.modem.parameters.access.apn.decode("ascii", "replace")
    return [f'+CGDCONT: 1,"IP",{_quoted(apn)},"0.0.0.0",0,0']


def _address(meter: Meter) -> list[str]:
    address = ip_address(meter)
    return [f'+CGPADDR: 1,"{".".join(str(octet) for octet in address.to_bytes(4, "big"))}"']


def _attached(name: str) -> Answer:
    return lambda meter: [f"{name}{int(meter.device.behaviours.modem.attached)}"]


def _clock(meter: Meter) -> list[str]:
    now: DateTime = meter.device.clock.date_time(meter.device.now)
    return [f'+CCLK: "{now.year % 100:02}/{now.month:02}/{now.day:02},{now.hour:02}:{now.minute:02}:{now.second:02}"']


def _channel(meter: Meter) -> list[str]:
    around, network = meter.device.feeling.state, meter.device.settings.network
    if not _is_registered(meter):
        return ["+QNWINFO: No Service"]
    place = f"{network.country:03}{network.number:02}"
    return [f'+QNWINFO: "{technology(around).name.replace("_", " ")}","{place}",{carrier(around).channel}']


def _pin(meter: Meter) -> list[str]:
    return ["+CPIN: READY" if meter.device.behaviours.modem.opens_card else "+CPIN: SIM PIN"]


def _tells(*lines: str) -> Answer:
    return lambda _: list(lines)


_ANSWERS: Mapping[str, Answer] = {
    "I": _tells(MAKER, MODEL),
    "+CGMI": _tells(MAKER),
    "+CGMM": _tells(MODEL),
    "+CGMR": lambda meter: [meter.identity.application_firmware],
    "+CGSN": lambda meter: [f"35{int.from_bytes(meter.system_title[-5:], 'big') % 10**13:013}"],
    "+CIMI": lambda meter: [
        f"{meter.device.settings.network.country:03}{meter.device.settings.network.number:02}0000000017"
    ],
    "+CCID": lambda meter: [f"+CCID: {card(meter).decode('ascii', 'replace')}"],
    "+CPIN?": _pin,
    "+CFUN?": _tells("+CFUN: 1"),
    "+CSQ": _quality,
    "+CESQ": _extended,
    "+CREG?": _registered("+CREG", lte=False),
    "+CGREG?": _registered("+CGREG", lte=False),
    "+CEREG?": _registered("+CEREG", lte=True),
    "+COPS?": _operator,
    "+CGATT?": _attached("+CGATT: "),
    "+CGACT?": _attached("+CGACT: 1,"),
    "+CGDCONT?": _context,
    "+CGPADDR": _address,
    "+CGPADDR=1": _address,
    "+CCLK?": _clock,
    "+QNWINFO": _channel,
}
_SETTABLE = {"+CGDCONT", "+CGATT", "+CGACT", "+COPS", "+CFUN", "+CPIN", "+CCLK", "+CEREG", "+CREG", "+CGREG"}
