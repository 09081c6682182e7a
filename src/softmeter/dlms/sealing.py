"""Wrapping APDUs in layers of protection and taking them off again; the same for both ends (IEC 62056-53).

A layer is taken off only when its tag or signature verifies. Who may use which key, and whether a counter is new, is
decided above.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from softmeter.dlms.apdu import DEDICATED, GLOBAL, PLAIN
from softmeter.dlms.dialect import Dialect
from softmeter.dlms.general import Described, GeneralCiphering, GeneralSigning, IdentifiedKey, KeyInfo
from softmeter.dlms.layers import (
    GENERAL_CIPHERING,
    GENERAL_SIGNING,
    GENERAL_USES,
    GLO_FULL,
    MOST_LAYERS,
    PROTECTED_TAGS,
    SERVICE_USES,
    SIGNATURE,
    Form,
    Layer,
    Layers,
    Unwrapped,
)
from softmeter.dlms.message_keys import MessageKeys
from softmeter.entropy import Entropy
from softmeter.errors import DecodeError, LocalProtocolError, SecurityError
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.identity import Identity, Purpose
from softmeter.security.suites import Key, Suite, Use
from softmeter.security.wrapping import KeyId
from softmeter.wire.types import Cursor, encode_length, struct

_ciphering, _signing, _described = struct(GeneralCiphering), struct(GeneralSigning), struct(Described)
_BROADCAST = 0x40
_IDENTIFIED = {KeyId.UNICAST_ENCRYPTION: Use.UNICAST, KeyId.BROADCAST_ENCRYPTION: Use.BROADCAST}
# Members asked for with every APDU: reading one through its class takes long.
_UNICAST, _FULL = Use.UNICAST, Protection.FULL
_LARGEST_TRANSACTION = (1 << 63) - 1


class TitleError(SecurityError):
    """An APDU names another sender or receiver than those of the association."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one client and one server; what is not there is empty. Has no telling `repr`.

    Made once for a set of keys, as it takes longer to make the ciphers than to use them.
    """

    suite: Suite = Suite.SUITE_0
    unicast: bytes = field(default=b"", repr=False)
    authentication: bytes = field(default=b"", repr=False)
    broadcast: bytes = field(default=b"", repr=False)
    dedicated: bytes = field(default=b"", repr=False)
    master: bytes = field(default=b"", repr=False)
    identity: Identity | None = None
    ciphers: Mapping[Use, Cipher] = field(init=False, repr=False, compare=False)
    """Those of the keys that stand for longer than one APDU."""

    def __post_init__(self) -> None:
        standing = {Use.UNICAST: self.unicast, Use.BROADCAST: self.broadcast, Use.DEDICATED: self.dedicated}
        object.__setattr__(self, "ciphers", {use: self.cipher(Key(key), use) for use, key in standing.items() if key})

    def cipher(self, key: Key, use: Use) -> Cipher:
        """What `key` protects, beside the authentication key."""
        return Cipher(key, Key(self.authentication), self.suite, broadcast=use is Use.BROADCAST)


class Sealer:
    """One end: its title and keys, and the other's title once it is known. `draw` gives fresh counters."""

    __slots__ = ("_dialect", "_entropy", "ciphers", "draw", "keys", "own", "peer")

    def __init__(
        self, keys: KeySet, titles: tuple[bytes, bytes], draw: Callable[[Use], int], entropy: Entropy, dialect: Dialect
    ) -> None:
        self.own, self.peer = titles
        self.keys = keys
        self.ciphers = keys.ciphers
        self.draw = draw
        self._entropy = entropy
        self._dialect = dialect

    def wrap(self, layers: Layers, plain: bytes) -> bytes:
        """`plain` in its layers, each with a fresh counter.

        Raises:
            LocalProtocolError: a key for one of them is missing.
        """
        for layer in reversed(layers):
            if layer.form is Form.SIGNING:
                plain = self._signed(plain)
            elif layer.form is Form.CIPHERING:
                plain = self._ciphered(layer, plain)
            else:
                plain = self._under_standing_key(layer, plain)
        return plain

    def unwrap(self, octets: bytes) -> Unwrapped:
        """The APDU inside.

        Raises:
            SecurityError: a layer does not verify, or a key for it is missing.
            DecodeError: a layer is damaged, or the APDU inside another than its ciphered tag says.
        """
        service = _GLO.get(octets[:1])
        if service is not None and len(octets) > 2 and octets[1] == len(octets) - 2 and octets[1] < 0x80:
            cipher = self.ciphers.get(_UNICAST)
            if cipher is not None and not octets[2] & _BROADCAST:
                plain, protection, counter = cipher.unprotect(self.peer, octets[2:])
                if plain[:1] != service:
                    raise DecodeError("the ciphered service is another than its tag says")
                if protection is _FULL:  # the same as Unwrapped(...), which takes longer
                    return tuple.__new__(Unwrapped, (plain, protection, GLO_FULL, ((_UNICAST, counter),)))
                layers = (Layer(Form.SERVICE, _UNICAST, protection),)
                return Unwrapped(plain, protection, layers, ((_UNICAST, counter),))
        return self._unwrap_all(octets)

    def able(self, layers: Layers) -> bool:
        """Whether all keys are there to wrap something so."""
        for layer in layers:
            if layer.form is Form.SIGNING:
                if self.keys.identity is None or self.keys.identity.pair(Purpose.SIGNATURE) is None:
                    return False
            elif layer.use not in self.ciphers and not self._message_keys().able(layer.use, self.peer):
                return False
        return True

    # -- taking layers off

    def _unwrap_all(self, octets: bytes) -> Unwrapped:
        layers: list[Layer] = []
        counters: list[tuple[Use, int]] = []
        protection = Protection.NONE
        while octets[:1] and octets[0] in PROTECTED_TAGS:
            if len(layers) == MOST_LAYERS:
                raise SecurityError("too many layers of protection")
            octets, layer, counter = self._take_off(octets)
            layers.append(layer)
            counters.append((layer.use, counter))
            protection |= layer.protection
        ciphered = [one for one in counters if one[0] is not Use.SIGNATURE]
        return Unwrapped(octets, protection, tuple(layers), tuple(ciphered or counters[:1]))

    def _take_off(self, octets: bytes) -> tuple[bytes, Layer, int]:
        tag = octets[0]
        cursor = Cursor(octets, 1)
        if tag == GENERAL_SIGNING:
            return self._verified(cursor)
        if tag == GENERAL_CIPHERING:
            return self._deciphered(cursor)
        use, form, title = SERVICE_USES.get(tag), Form.SERVICE, self.peer
        if use is None:
            use, form = GENERAL_USES[tag], Form.GENERAL
            title = self._sender(cursor.take(cursor.length()))
        content = cursor.take(cursor.length())
        cursor.finish()
        if use is Use.UNICAST and content and content[0] & _BROADCAST:
            use = Use.BROADCAST
        cipher = self.ciphers.get(use)
        if cipher is None:
            raise SecurityError("deciphering error")
        plain, protection, counter = cipher.unprotect(title, content)
        if form is Form.SERVICE and plain[:1] != bytes((PLAIN[tag],)):
            raise DecodeError("the ciphered service is another than its tag says")
        return plain, Layer(form, use, protection), counter

    def _deciphered(self, cursor: Cursor) -> tuple[bytes, Layer, int]:
        apdu = _ciphering.read_bare(cursor)
        cursor.finish()
        described, info = apdu.described, apdu.key_info
        title = self._checked(described)
        if info is None or isinstance(info, IdentifiedKey):
            use = Use.UNICAST if info is None else _IDENTIFIED.get(info.key_id)
            cipher = self.ciphers.get(use) if use is not None else None
        else:
            use, key = self._message_keys().received(info, described.transaction, title, self.own)
            cipher = self.keys.cipher(key, use)
        if cipher is None or use is None:
            raise SecurityError("deciphering error")
        plain, protection, counter = cipher.unprotect(title, apdu.content, self._associated(described))
        return plain, Layer(Form.CIPHERING, use, protection), counter

    def _verified(self, cursor: Cursor) -> tuple[bytes, Layer, int]:
        apdu = _signing.read_bare(cursor)
        cursor.finish()
        title = self._checked(apdu.described)
        identity = self.keys.identity
        key = None if identity is None else identity.public(title, Purpose.SIGNATURE)
        if key is None:
            raise SecurityError("deciphering error")
        key.verify(self._covered(apdu.described, apdu.content), apdu.signature)
        transaction = int.from_bytes(apdu.described.transaction, "big")
        return apdu.content, SIGNATURE, min(transaction, _LARGEST_TRANSACTION)

    def _checked(self, described: Described) -> bytes:
        if described.recipient not in {b"", self.own}:
            raise TitleError("an APDU for another receiver")
        return self._sender(described.originator)

    def _sender(self, title: bytes) -> bytes:
        if title and self.peer and title != self.peer:
            raise TitleError("another title than that of the association")
        return self.peer or title

    # -- putting layers on

    def _under_standing_key(self, layer: Layer, plain: bytes) -> bytes:
        form, use, protection = layer
        content = self._standing(use).protect(self.own, self.draw(use), protection, plain)
        tag = (DEDICATED if use is Use.DEDICATED else GLOBAL).get(plain[0]) if form is Form.SERVICE else None
        if tag is not None:
            return bytes((tag,)) + encode_length(len(content)) + content
        # What has no ciphered form of its own (ACCESS, notifications, other layers) travels in the general one.
        head = b"\xdc" if use is Use.DEDICATED else b"\xdb"
        return b"".join((head, encode_length(len(self.own)), self.own, encode_length(len(content)), content))

    def _ciphered(self, layer: Layer, plain: bytes) -> bytes:
        use = layer.use
        counter = self.draw(use)
        described = self._describe(counter)
        identified = next((key_id for key_id, known in _IDENTIFIED.items() if known is use), None)
        info: KeyInfo
        if identified is not None:
            info, cipher = IdentifiedKey(identified), self._standing(use)
        else:
            info, key = self._message_keys().made(use, described.transaction, self.own, self.peer)
            cipher = self.keys.cipher(key, use)
        content = cipher.protect(self.own, counter, layer.protection, plain, self._associated(described))
        return bytes((GENERAL_CIPHERING,)) + _ciphering.encode_bare(GeneralCiphering(described, info, content))

    def _signed(self, plain: bytes) -> bytes:
        pair = None if self.keys.identity is None else self.keys.identity.pair(Purpose.SIGNATURE)
        if pair is None:
            raise LocalProtocolError("an APDU was to be signed without a key")
        described = self._describe(self.draw(Use.SIGNATURE))
        signature = pair.sign(self._covered(described, plain))
        return bytes((GENERAL_SIGNING,)) + _signing.encode_bare(GeneralSigning(described, plain, signature))

    def _describe(self, counter: int) -> Described:
        return Described(counter.to_bytes(8, "big"), self.own, self.peer, b"", b"")

    def _associated(self, described: Described) -> bytes:
        return _described.encode_bare(described) if self._dialect.authenticates_fields else b""

    def _covered(self, described: Described, content: bytes) -> bytes:
        length = encode_length(len(content)) if self._dialect.signs_content_length else b""
        return _described.encode_bare(described) + length + content

    def _standing(self, use: Use) -> Cipher:
        cipher = self.ciphers.get(use)
        if cipher is None:
            raise LocalProtocolError(f"an APDU was to be protected with a key that is not there: {use.name}")
        return cipher

    def _message_keys(self) -> MessageKeys:
        """Made where it is needed: few conversations have keys that live for one APDU."""
        keys = self.keys
        return MessageKeys(keys.suite, Key(keys.master), keys.identity, self._entropy, self._dialect)


_GLO = {bytes((tag,)): bytes((plain,)) for plain, tag in GLOBAL.items()}
