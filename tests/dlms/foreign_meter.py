"""A meter of another make, as far as a client sees it: attributes and methods in a table, answers cut small."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms import messages as m
from softmeter.dlms.acse import (
    AUTHENTICATION,
    Aare,
    Aarq,
    Diagnostic,
    Mechanism,
    Result,
    Rlre,
    Rlrq,
    decode_acse,
    encode_acse,
)
from softmeter.dlms.apdu import GLOBAL, Ciphered, decode_apdu, encode_apdu
from softmeter.dlms.conformance import Conformance
from softmeter.errors import SecurityError
from softmeter.obis import Obis
from softmeter.security.authentication import verify_gmac
from softmeter.security.ciphering import Cipher, CounterError, Protection, ReceiveCounter, SendCounter
from softmeter.security.suites import Key
from softmeter.wire.types import octets, struct

KEY, AUTHENTICATION_KEY = Key(bytes(range(16))), Key(bytes(range(0xD0, 0xE0)))
CLIENT_TITLE, METER_TITLE = bytes.fromhex("4D4D4D0000000001"), bytes.fromhex("4D4D4D0000BC614E")
OFFERED = Conformance(0x501E1D)
EXCEPTION = m.ExceptionResponse

Key3 = tuple[int, Obis, int]


@dataclass
class ForeignMeter:
    """Answers requests; a test changes its fields to make it odd."""

    attributes: dict[Key3, bytes | DataAccessResult] = field(default_factory=dict)
    methods: dict[Key3, Callable[[bytes | None], m.ActionOutcome]] = field(default_factory=dict)
    password: bytes = b"12345678"
    conformance: Conformance = OFFERED
    max_pdu_size: int = 500
    block: int = 0
    """Answers longer than this come in blocks; 0 never."""
    title: bytes = METER_TITLE
    cipher: Cipher = field(default_factory=lambda: Cipher(KEY, AUTHENTICATION_KEY))
    counter: ReceiveCounter = field(default_factory=ReceiveCounter)
    sent: SendCounter = field(default_factory=lambda: SendCounter(100))
    rejection: Aare | None = None
    protection: Protection = Protection.FULL
    challenge: bytes = b"P6wRJ21F"
    alter: Callable[[Any], Any] = lambda apdu: apdu
    """Changes an answer before it is sealed."""
    seen: list[Any] = field(default_factory=list)
    _request_challenge: bytes = b""
    _client_title: bytes = b""
    _pending: list[bytes] = field(default_factory=list)
    _incoming: bytes = b""

    def serve(self, request: bytes) -> bytes:
        if request[0] in {0x60, 0x62}:
            message = decode_acse(request)
            self.seen.append(message)
            return encode_acse(self._open(message) if isinstance(message, Aarq) else Rlre(reason=Rlrq().reason))
        try:
            plain, seal = self._unseal(request)
        except CounterError as error:
            return encode_apdu(
                EXCEPTION(m.StateError.SERVICE_NOT_ALLOWED, m.ServiceError.INVOCATION_COUNTER_ERROR, error.last)
            )
        except SecurityError:
            return encode_apdu(EXCEPTION(m.StateError.SERVICE_NOT_ALLOWED, m.ServiceError.DECIPHERING_ERROR, None))
        apdu = decode_apdu(plain)
        self.seen.append(apdu)
        return seal(encode_apdu(self.alter(self._answer(apdu))))

    def _open(self, aarq: Aarq) -> Aare:
        if self.rejection is not None:
            return self.rejection
        refused = Aare(context=aarq.context, result=1, diagnostic=Diagnostic.AUTHENTICATION_FAILURE)
        if aarq.mechanism == Mechanism.LLS and aarq.authentication != self.password:
            return refused
        self._client_title = aarq.calling_title or b""
        try:
            plain, seal = self._unseal(aarq.user_information or b"")
        except SecurityError:
            return refused
        self.seen.append(decode_apdu(plain))
        hls = aarq.mechanism == Mechanism.HLS_GMAC
        self._request_challenge = aarq.authentication or b""
        response = m.InitiateResponse(None, 6, self.conformance, self.max_pdu_size, 7)
        return Aare(
            context=aarq.context,
            result=Result.ACCEPTED,
            diagnostic=Diagnostic.AUTHENTICATION_REQUIRED if hls else Diagnostic.NULL,
            responding_title=self.title if self._client_title else None,
            requirements=AUTHENTICATION if hls else None,
            mechanism=aarq.mechanism if hls else None,
            authentication=self.challenge if hls else None,
            user_information=seal(encode_apdu(response)),
        )

    def _unseal(self, request: bytes) -> tuple[bytes, Callable[[bytes], bytes]]:
        apdu = decode_apdu(request)
        if not isinstance(apdu, Ciphered | m.GeneralGlobal):
            return request, lambda plain: plain
        opened = self.cipher.unprotect(self._client_title, apdu.content)
        self.counter.accept(opened.counter)

        def seal(plain: bytes) -> bytes:
            content = self.cipher.protect(self.title, self.sent.draw(), self.protection, plain)
            if isinstance(apdu, Ciphered):
                return encode_apdu(Ciphered(GLOBAL[plain[0]], content))
            return encode_apdu(m.GeneralGlobal(self.title, content))

        return opened.plain, seal

    def _answer(self, apdu: Any) -> Any:
        match apdu:
            case m.GetRequestNormal():
                return self._get(apdu.invoke_id, self._value(apdu.target))
            case m.GetRequestWithList():
                response = m.GetResponseWithList(apdu.invoke_id, tuple(self._value(one) for one in apdu.targets))
                raw = encode_apdu(response)[3:]
                return self._get(apdu.invoke_id, raw) if self.block and len(raw) > self.block else response
            case m.GetRequestNext():
                return self._block(apdu.invoke_id, apdu.block_number + 1)
            case m.SetRequestNormal():
                return m.SetResponseNormal(apdu.invoke_id, self._set(apdu.target.attribute, apdu.value))
            case m.SetRequestFirstBlock() | m.SetRequestNextBlock():
                return self._set_block(apdu)
            case m.ActionRequestNormal():
                return self._act(apdu.invoke_id, apdu.method, apdu.parameter)
            case m.ActionRequestFirstBlock() | m.ActionRequestBlock():
                return self._action_block(apdu)
            case m.ActionRequestNext():
                return m.ActionResponseBlock(apdu.invoke_id, self._slice(apdu.block_number + 1))
        return EXCEPTION(m.StateError.SERVICE_UNKNOWN, m.ServiceError.SERVICE_NOT_SUPPORTED, None)

    def _value(self, target: m.Target) -> bytes | DataAccessResult:
        reference = target.attribute
        found = self.attributes.get((reference.class_id, reference.name, reference.attribute))
        return DataAccessResult.OBJECT_UNDEFINED if found is None else found

    def _get(self, invoke_id: int, result: bytes | DataAccessResult) -> Any:
        if not self.block or isinstance(result, DataAccessResult) or len(result) <= self.block:
            return m.GetResponseNormal(invoke_id, result)
        self._cut(result)
        return self._block(invoke_id, 1)

    def _cut(self, raw: bytes) -> None:
        self._pending = [raw[at : at + self.block] for at in range(0, len(raw), self.block)]

    def _slice(self, number: int) -> m.DataBlock:
        return m.DataBlock(number == len(self._pending), number, self._pending[number - 1])

    def _block(self, invoke_id: int, number: int) -> m.GetResponseBlock:
        block = self._slice(number)
        return m.GetResponseBlock(invoke_id, block.last, number, block.raw)

    def _set(self, reference: m.AttributeReference, value: bytes) -> DataAccessResult:
        key = (reference.class_id, reference.name, reference.attribute)
        if key not in self.attributes or isinstance(self.attributes[key], DataAccessResult):
            return DataAccessResult.READ_WRITE_DENIED
        self.attributes[key] = value
        return DataAccessResult.SUCCESS

    def _set_block(self, apdu: Any) -> Any:
        if isinstance(apdu, m.SetRequestFirstBlock):
            self._incoming, self._target = b"", apdu.target.attribute
        self._incoming += apdu.block.raw
        if not apdu.block.last:
            return m.SetResponseBlock(apdu.invoke_id, apdu.block.number)
        return m.SetResponseLastBlock(apdu.invoke_id, self._set(self._target, self._incoming), apdu.block.number)

    def _act(self, invoke_id: int, method: m.MethodReference, parameter: bytes | None) -> Any:
        if method == m.MethodReference(15, Obis(0, 0, 40, 0, 0), 1):
            return self._reply(invoke_id, parameter)
        call = self.methods.get((method.class_id, method.name, method.method))
        if call is None:
            return m.ActionResponseNormal(invoke_id, ActionResult.OBJECT_UNDEFINED, None)
        outcome = call(parameter)
        raw = struct(m.ActionOutcome).encode_bare(outcome)
        if self.block and len(raw) > self.block:
            self._cut(raw)
            return m.ActionResponseBlock(invoke_id, self._slice(1))
        return m.ActionResponseNormal(invoke_id, outcome.result, outcome.data)

    def _action_block(self, apdu: Any) -> Any:
        if isinstance(apdu, m.ActionRequestFirstBlock):
            self._incoming, self._method = b"", apdu.method
        self._incoming += apdu.block.raw
        if not apdu.block.last:
            return m.ActionResponseNext(apdu.invoke_id, apdu.block.number)
        return self._act(apdu.invoke_id, self._method, self._incoming)

    def _reply(self, invoke_id: int, parameter: bytes | None) -> Any:
        try:
            verify_gmac(self.cipher, self._client_title, self.challenge, octets.decode(parameter or b""))
        except SecurityError:
            return m.ActionResponseNormal(invoke_id, ActionResult.OTHER_REASON, None)
        answer = self.cipher.sign(self.title, self.sent.draw(), self._request_challenge)
        return m.ActionResponseNormal(invoke_id, ActionResult.SUCCESS, octets.encode(answer))
