"""Ciphering of one association at the server: opening requests, judging their counters, sealing answers.

Source: IEC 62056-53 (security header and the ciphered APDUs). An answer is of the family of its request, and at least
as strong as policy and access rights demand. Nothing moves before every tag and signature has verified: tag first,
then the policy, then the counter; `accept` is a step of its own.
"""

from dataclasses import replace
from functools import cache

from softmeter.dlms.apdu import GLOBAL
from softmeter.dlms.dialect import CounterProfile
from softmeter.dlms.host import Client, Host, Keys
from softmeter.dlms.layers import GLO_FULL, Form, Layers, Unwrapped, overhead, strengthened
from softmeter.dlms.sealing import Sealer
from softmeter.errors import LocalProtocolError, RemoteProtocolError, SecurityError
from softmeter.security.ciphering import CounterError, Protection, ReceiveCounter, SendCounter
from softmeter.security.curves import PublicKey
from softmeter.security.identity import Introduced
from softmeter.security.policies import Policy
from softmeter.security.suites import Use
from softmeter.wire.types import encode_length

_GLO = {plain: bytes((tag,)) for plain, tag in GLOBAL.items()}
_CHANGING = frozenset({0xC1, 0xC3})
_CONFIRMED = 0x40
# Members asked for with every APDU: reading one through its class takes long.
_UNICAST, _DEDICATED = Use.UNICAST, Use.DEDICATED
_NOTHING, _FULL = Policy.NOTHING, Protection.FULL
_SERVICE_OCTETS = Form.SERVICE.octets
_INITIATE_REQUEST, _INITIATE_RESPONSE = b"\x01", b"\x08"
_TOO_LITTLE = "less protected than the policy demands"


class Protector:
    """One client's keys at work; `title` is the client's system title.

    With `lenient` the counters of this association start afresh and are not remembered.
    """

    __slots__ = (
        "_client", "_counters", "_dedicated", "_dedicated_key", "_demand", "_host", "_keys", "_last", "_reserved",
        "_sap", "_shown", "_unsigned_answers", "before", "lenient", "policy", "sealer", "title",
    )  # fmt: skip

    def __init__(
        self, host: Host, client: Client, title: bytes, *, proves: bool = False, shown: PublicKey | None = None
    ) -> None:
        """`shown`: the client's key for signatures, where its AARQ brought a certificate."""
        self._host = host
        self._client = client
        self._sap = client.sap
        self._counters = host.counters
        self.before = 0
        """The last counter accepted under the global unicast key before the request that was opened last."""
        self.title = title
        self.lenient = proves and client.counter_profile is CounterProfile.PER_ASSOCIATION
        self._last: dict[Use, int] = {}
        self._dedicated: tuple[ReceiveCounter, SendCounter]
        self._dedicated_key = b""
        self._shown = shown
        self._reserved: list[int] = []
        self._take(host.keys(client.sap))

    def open(self, apdu: bytes) -> Unwrapped:
        """A request without its protection, which verified and meets the policy, with counters that may be accepted.

        Raises:
            SecurityError: it does not; a CounterError only if all but its counter is right.
            DecodeError: it is damaged, or the APDU inside is another than its ciphered tag says.
        """
        keys = self._host.keys(self._sap)
        if keys is not self._keys:
            self._renew(keys)
        if self._reserved:
            self._reserved = []
        request = self.sealer.unwrap(apdu)
        # `last_accepted`, without the call.
        before = self._last_of(_UNICAST) if self.lenient else self._counters.last_accepted(self._sap, self.title)
        self.before = before
        if request.layers is GLO_FULL and self._demand is _FULL:
            if request.counters[0][1] <= before:
                raise CounterError(max(before, 0))
            return request
        self._judge(request)
        for use, counter in request.counters:
            last = self._last_of(use)
            if counter <= last:
                raise CounterError(max(last, 0))
        return request

    def accept(self, request: Unwrapped) -> None:
        """Take note of the counters of a request that `open` gave."""
        if request.layers is GLO_FULL and not self.lenient:
            self._counters.accept(self._sap, self.title, request.counters[0][1])
            return
        for use, counter in sorted(request.counters, key=_by_counter):
            self.accept_counter(counter, use)

    def accept_counter(self, counter: int, use: Use = _UNICAST) -> None:
        """Take note of a counter that is above the last one."""
        if use is _DEDICATED:
            self._dedicated[0].accept(counter)
        elif self.lenient:
            self._last[use] = counter
        else:
            self._counters.accept(self._sap, self._sender(use), counter)

    @property
    def last_accepted(self) -> int:
        """Under the global unicast key."""
        return self._last_of(_UNICAST) if self.lenient else self._counters.last_accepted(self._sap, self.title)

    def seal(self, layers: Layers, plain: bytes, demanded: Policy = _NOTHING) -> bytes:
        """Protect an answer in the layers of its request, with the meter's next counters.

        Raises:
            RemoteProtocolError: a counter is used up; only a new key helps.
        """
        try:
            if layers is GLO_FULL and self._unsigned_answers and not demanded:
                sealer, reserved = self.sealer, self._reserved
                counter = reserved.pop(0) if reserved else self._counters.next_own(self._sap)
                content = sealer.ciphers[_UNICAST].protect(sealer.own, counter, _FULL, plain)
                return _GLO[plain[0]] + encode_length(len(content)) + content
            opens = plain[:1] == _INITIATE_RESPONSE
            return self.sealer.wrap(self._answering(layers, demanded, opens=opens), plain)
        except LocalProtocolError as error:
            raise RemoteProtocolError(str(error)) from error

    def seal_unasked(self, layers: Layers, plain: bytes) -> bytes:
        """Protect what answers no request, in `layers` and at least as the policy demands, with the keys of now.

        Raises:
            RemoteProtocolError: a counter is used up, or a key is not there any more.
        """
        keys = self._host.keys(self._sap)
        if keys is not self._keys:
            self._renew(keys)
        self._reserved = []  # those of an answer that did not need them, perhaps of another key
        try:
            return self.sealer.wrap(self._answering(layers, _NOTHING), plain)
        except LocalProtocolError as error:
            raise RemoteProtocolError(str(error)) from error

    def reserve(self, layers: Layers) -> None:
        """Draw the counters of the answer now: what is served may replace the key, and have its counters start afresh.

        Without this the answer would leave under the old key with a counter of the new one, used before.
        """
        drawn = [layer for layer in self._answering(layers, _NOTHING) if layer.use is not _DEDICATED]
        self._reserved = [self._draw(layer.use) for layer in drawn]

    def overhead(self, layers: Layers) -> int:
        """What sealing adds at most, octets; for any answer, whatever it demands."""
        if layers is GLO_FULL and self._unsigned_answers:
            return _SERVICE_OCTETS
        return overhead(strengthened(layers, self.policy.response))

    def dedicate(self, key: bytes) -> None:
        """Take the key that was made for this association."""
        self._dedicated = ReceiveCounter(-1), SendCounter(1)
        self._dedicated_key = key
        self._take(self._keys)

    def _renew(self, keys: Keys) -> None:
        """Go on with other keys."""
        if keys.unicast_encryption != self._keys.unicast_encryption:
            self._last.pop(Use.UNICAST, None)
        self._take(keys)

    def _take(self, keys: Keys) -> None:
        self._keys = keys
        self.policy = keys.policy
        self._demand, self._unsigned_answers = _demanded(keys.policy)
        key_set = keys.key_set
        if self._dedicated_key:
            key_set = replace(key_set, dedicated=self._dedicated_key)
        if self._shown is not None and keys.identity is not None:
            key_set = replace(key_set, identity=Introduced(keys.identity, self.title, self._shown))
        titles = self._host.system_title, self.title
        self.sealer = Sealer(key_set, titles, self._draw, self._host.entropy, self._client.dialect)

    def _judge(self, request: Unwrapped) -> None:
        """Refuse a request that is too weak, under a key for others, or that could not be answered."""
        opens = request.plain[:1] == _INITIATE_REQUEST
        if (self._demand & _FULL if opens else self._demand) & ~request.protection:
            raise SecurityError(_TOO_LITTLE)
        uses = [use for use, _ in request.counters]
        if len(set(request.counters)) != len(uses):
            raise SecurityError("one counter used twice")
        if any(layer.use is Use.BROADCAST for layer in request.layers):
            plain = request.plain
            if self._client.pre_established is None:
                raise SecurityError("the broadcast key in a conversation of two")
            if len(plain) < 3 or plain[0] not in _CHANGING or plain[2] & _CONFIRMED:
                raise SecurityError("a message to all meters that somebody should answer")
        elif not self.sealer.able(self._answering(request.layers, _NOTHING, opens=opens)):
            raise SecurityError("no key for an answer")

    def _answering(self, layers: Layers, demanded: Policy, *, opens: bool = False) -> Layers:
        """The layers of an answer. Who opens or releases an association need not sign that: public clients cannot."""
        policy = self.policy.response & _FULL if opens else self.policy.response
        return strengthened(layers, policy | demanded.response)

    def _last_of(self, use: Use) -> int:
        if use is _DEDICATED:
            return self._dedicated[0].last
        if self.lenient:
            return self._last.get(use, -1)
        return self._counters.last_accepted(self._sap, self._sender(use))

    def _sender(self, use: Use) -> bytes:
        return self.title if use is _UNICAST else self.title + bytes((use.value,))

    def _draw(self, use: Use) -> int:
        try:
            if use is _DEDICATED:
                return self._dedicated[1].draw()
            if self._reserved:
                return self._reserved.pop(0)
            return self._counters.next_own(self._sap)
        except LocalProtocolError as error:
            raise RemoteProtocolError(str(error)) from error


@cache
def _demanded(policy: Policy) -> tuple[Protection, bool]:
    """What a request must at least be, and whether answers go without a signature."""
    return policy.request, Protection.SIGNED not in policy.response


def _by_counter(counted: tuple[Use, int]) -> int:
    return counted[1]
