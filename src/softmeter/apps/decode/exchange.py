"""One exchange between two ends: APDUs as trees, with what earlier ones said that later ones need.

An exchange remembers the system titles and dedicated keys of its associations, and blocks until they are complete.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from softmeter.apps.decode.acse import add_acse
from softmeter.apps.decode.fields import Veil, add_fields, bounded
from softmeter.apps.decode.keyring import KeySet, Outcome, open_protected, unwrapped
from softmeter.apps.decode.meaning import explain
from softmeter.apps.decode.notification import add_notification
from softmeter.apps.decode.security import COMPRESSED, ENCRYPTED, add_header, add_verdict, take_content
from softmeter.apps.decode.text import add_text
from softmeter.apps.decode.tree import Node, hexed, word
from softmeter.apps.decode.values import add_data, octets_text
from softmeter.dlms.apdu import DEDICATED, FORMS, PLAIN
from softmeter.dlms.general import Described, GeneralCiphering, GeneralSigning, IdentifiedKey, WrappedKey
from softmeter.dlms.layers import GENERAL_CIPHERING, GENERAL_SIGNING
from softmeter.dlms.messages import (
    ActionRequestBlock,
    DataNotification,
    GeneralBlock,
    GeneralDedicated,
    GeneralGlobal,
    GetResponseBlock,
    InitiateRequest,
    SetRequestNextBlock,
)
from softmeter.errors import DecodeError
from softmeter.security.ciphering import HEADER_OCTETS
from softmeter.security.suites import TITLE_OCTETS, Key
from softmeter.wire.types import Cursor, Tag, read_data, struct

LONGEST = 1 << 20
"""Octets of one APDU that are looked at."""
_DEEPEST = 8
"""Protected APDUs within one another."""
_MOST_TITLES = 64
_MOST_DEDICATED = 8
_MOST_BLOCKS = 4096
_PREFIXES = FORMS | {
    GeneralCiphering: bytes((GENERAL_CIPHERING,)),
    GeneralSigning: bytes((GENERAL_SIGNING,)),
}
_BY_PREFIX = {prefix: cls for cls, prefix in _PREFIXES.items()}
_ACSE = {0x60, 0x61, 0x62, 0x63}
_SERVICE_TAGS = {prefix[0] for prefix in _BY_PREFIX} | set(PLAIN) | _ACSE
_DATA_TAGS = set(Tag) - {Tag.DONT_CARE}
_CONTINUING = {SetRequestNextBlock, ActionRequestBlock}
"""Blocks that go on with what an earlier request began."""
_STANDARD_NAMES = {
    "general-global": "general-glo-ciphering",
    "general-dedicated": "general-ded-ciphering",
    "general-block": "general-block-transfer",
}
_LAST_BLOCK = 0x80
_BY_CHANCE = 20
"""Octets of noise that may look like the beginning of an APDU."""


@dataclass(slots=True)
class Talk:
    """What one sender has said to one receiver so far."""

    title: bytes = b""
    gathered: dict[int, bytes] = field(default_factory=dict)
    values: bytearray = field(default_factory=bytearray)
    segments: bytearray = field(default_factory=bytearray)
    segments_seen: int = 0
    """Of those that are counted: how many are in `segments`."""
    last_frame: bytes = b""
    veil: Veil = field(default_factory=Veil)


class Keys(Protocol):
    """The keys and titles that are known; both may change at any time."""

    @property
    def sets(self) -> Sequence[KeySet]: ...

    @property
    def titles(self) -> Sequence[bytes]: ...

    @property
    def masters(self) -> Sequence[Key]:
        """Keys that wrap others."""
        ...


KeysUsed = Callable[[str, bytes, KeySet], None]
"""Told what opened something: `global` or `dedicated`, the sender's title, the keys."""


class Exchange:
    """Decodes what passes between two ends, in the order in which it passed."""

    def __init__(self, keys: Keys, *, secrets: bool = False, keys_used: KeysUsed | None = None) -> None:
        self.secrets = secrets
        self._keys = keys
        self._keys_used = keys_used
        self.sender: object = None
        """Which end sent what is decoded now, where that is known: both may have the same address."""
        self._talks: dict[tuple[object, object, object], Talk] = {}
        self._titles: dict[bytes, None] = {}
        self._dedicated: list[KeySet] = []
        self._last: KeySet | None = None

    @property
    def keys(self) -> Sequence[KeySet]:
        """All that are known."""
        return self._keys.sets

    def talk(self, source: object, destination: object) -> Talk:
        """What `source` has said to `destination`."""
        if len(self._talks) > _MOST_BLOCKS:
            self._talks.clear()
        return self._talks.setdefault((self.sender, source, destination), Talk())

    def learn_title(self, title: bytes, talk: Talk) -> None:
        """Take note of the title of a sender."""
        talk.title = title
        if len(title) == TITLE_OCTETS and len(self._titles) < _MOST_TITLES:
            self._titles[title] = None

    def learn_dedicated(self, key: bytes) -> None:
        """Take note of the dedicated key of an association."""
        authentication = self._last.authentication if self._last is not None else Key()
        self._dedicated.insert(0, KeySet("dedicated", Key(key), authentication))
        del self._dedicated[_MOST_DEDICATED:]
        if self._keys_used is not None:
            self._keys_used("dedicated", b"", self._dedicated[0])

    def apdu(self, parent: Node, cursor: Cursor, talk: Talk, depth: int = 0) -> Node:
        """Append the APDU that fills the rest of `cursor`; what is wrong is said in the tree, never raised."""
        at, size = cursor.at, cursor.left
        node = parent.add("APDU", "", at, size)
        try:
            if size > LONGEST:
                raise DecodeError(f"{size} octets, at most {LONGEST} are looked at", at)  # noqa: TRY301
            self._apdu(node, cursor, talk, depth)
            cursor.finish()
        except DecodeError as error:
            if _is_data(bounded(cursor.octets, at, at + size)):  # the tags of some services are those of types
                node.name, node.text, node.children = "data", "", []
                add_data(node, bounded(cursor.octets, at, at + size))
                explain(node)
                return node
            node.blame_error(error)
            if cursor.left:
                node.add("octets not understood", hexed(cursor.octets[cursor.at : cursor.end]), cursor.at, cursor.left)
        return node

    def _apdu(self, node: Node, cursor: Cursor, talk: Talk, depth: int) -> None:
        octets_ = cursor.octets
        tag = octets_[cursor.at] if cursor.left else -1
        if depth > _DEEPEST:
            raise DecodeError(f"protected more than {_DEEPEST} times", cursor.at)
        if tag in _ACSE:
            add_acse(node, cursor, self, talk, depth)
        elif tag in PLAIN:
            self._service_ciphered(node, cursor, talk, depth)
        elif tag == ord("/"):
            node.name = "telegram"
            add_text(node, cursor)
        else:
            cls = _BY_PREFIX.get(octets_[cursor.at : cursor.at + 2]) or _BY_PREFIX.get(
                octets_[cursor.at : cursor.at + 1]
            )
            if cls is not None:
                self._message(node, cls, cursor, talk, depth)
            elif tag in _DATA_TAGS:
                node.name = "data"
                add_data(node, cursor)
                explain(node)
            else:
                raise DecodeError(f"no APDU known here begins with {tag:02X}" if tag >= 0 else "no octets", cursor.at)

    def _message(self, node: Node, cls: type[Any], cursor: Cursor, talk: Talk, depth: int) -> None:
        node.name = _name(cls)
        at = cursor.at
        cursor.at += len(_PREFIXES[cls])
        if cls is DataNotification:
            add_notification(node, cursor)
            return
        if cls not in _CONTINUING:
            talk.veil = Veil(secrets=self.secrets)
        if cls in {GeneralGlobal, GeneralDedicated}:
            self._titled(node, cursor, talk, depth, dedicated=cls is GeneralDedicated)
            node.size = cursor.at - at
            return
        values = add_fields(node, cls, cursor, talk.veil)
        if cls is InitiateRequest and values["dedicated_key"]:
            self.learn_dedicated(values["dedicated_key"])
        elif cls in {GeneralCiphering, GeneralSigning}:
            self._general(node, values, cursor, talk, depth)
        elif cls is GeneralBlock:
            self._block(node, values, talk, depth)
        elif cls is GetResponseBlock and isinstance(values["result"], bytes):
            self._value_block(node, values, talk)
        node.size = cursor.at - at

    def _titled(self, node: Node, cursor: Cursor, talk: Talk, depth: int, *, dedicated: bool) -> None:
        """general-glo-ciphering and general-ded-ciphering: who it is from, and what is protected."""
        title = cursor.sized()
        node.add("title", octets_text(title), cursor.at - len(title), len(title), title.hex().upper())
        if title:
            self.learn_title(title, talk)
        content = take_content(node, cursor)
        self._protected(node, content, cursor.at - len(content), talk, depth, dedicated=dedicated)

    def _general(self, node: Node, values: dict[str, Any], cursor: Cursor, talk: Talk, depth: int) -> None:
        """general-ciphering with a key that both sides have, or general-signing around a plain APDU."""
        described: Described = values["described"]
        content: bytes = values["content"]
        self.learn_title(described.originator, talk)
        if "signature" in values:
            end = cursor.at - len(values["signature"]) - 1
            node.add("protection", "signature not checked: that takes a certificate")
            self.apdu(node, bounded(cursor.octets, end - len(content), end), talk, depth + 1)
            return
        del node.children[-1]
        at = cursor.at - len(content)
        info = values["key_info"]
        clear = struct(Described).encode_bare(described)
        if isinstance(info, IdentifiedKey | None):
            self._protected(node, content, at, talk, depth, described=clear)
            return
        sets = unwrapped(info.wrapped, self._keys.masters, self._keys.sets) if isinstance(info, WrappedKey) else []
        if sets:
            self._protected(node, content, at, talk, depth, described=clear, sets=sets)
            return
        add_header(node, content, at)
        why = "wrapped with a master key that is not known" if isinstance(info, WrappedKey) else "agreed, not sent"
        node.add("protection", f"not opened: its key is {why}")
        node.add("content", hexed(content), at, len(content))

    def _service_ciphered(self, node: Node, cursor: Cursor, talk: Talk, depth: int) -> None:
        tag = cursor.byte()
        plain = PLAIN[tag]
        dedicated = DEDICATED.get(plain) == tag
        service = next((_name(cls) for cls, prefix in FORMS.items() if prefix[0] == plain), f"{plain:02X}")
        node.name = f"{'ded' if dedicated else 'glo'}-{service}"
        if plain not in {0x01, 0x08, 0x0E}:
            node.name = node.name.rsplit("-", 1)[0] if service.count("-") > 1 else node.name
        content = take_content(node, cursor)
        self._protected(node, content, cursor.at - len(content), talk, depth, dedicated=dedicated)

    def _protected(
        self,
        node: Node,
        content: bytes,
        at: int,
        talk: Talk,
        depth: int,
        *,
        dedicated: bool = False,
        described: bytes = b"",
        sets: Sequence[KeySet] = (),
    ) -> None:
        """`sets`: keys that are those of this APDU alone, instead of those of all."""
        add_header(node, content, at)
        if sets:
            outcome = open_protected(content, [talk.title], sets, _plausible, described)
        else:
            outcome = self._opened(content, talk, described, dedicated=dedicated)
        add_verdict(node, outcome, content, at)
        if outcome.plain is None:
            return
        if content[0] & COMPRESSED:
            node.add("compressed", f"{len(outcome.plain)} octets, not looked at")
        elif content[0] & ENCRYPTED:
            inside = node.add("deciphered", f"{len(outcome.plain)} octets", None, len(outcome.plain))
            inside.inner = True
            self.apdu(inside, Cursor(outcome.plain), talk, depth + 1)
        else:
            clear = at + HEADER_OCTETS
            self.apdu(node, bounded(bytes(clear) + outcome.plain, clear, clear + len(outcome.plain)), talk, depth + 1)

    def _opened(self, content: bytes, talk: Talk, described: bytes, *, dedicated: bool) -> Outcome:
        """What the keys make of a protected APDU; the keys that opened the last one are tried first."""
        sets = [*(self._dedicated if dedicated else ()), *self._keys.sets]
        if self._last in sets and not dedicated:
            sets.insert(0, self._last)
        titles = [talk.title, *self._titles, *self._keys.titles]
        outcome = open_protected(content, titles, sets, _plausible, described)
        if outcome.keys is not None and not dedicated:
            self._last = outcome.keys
            if self._keys_used is not None:
                self._keys_used("global", talk.title, outcome.keys)
        if dedicated and not self._dedicated and outcome.keys is None:
            return Outcome("the dedicated key was not seen", outcome.plain)
        return outcome

    def _block(self, node: Node, values: dict[str, Any], talk: Talk, depth: int) -> None:
        """A block of general block transfer; with the last one the whole APDU."""
        control, number = values["control"], values["number"]
        node.text = f"block {number}{', last' if control & _LAST_BLOCK else ''}, window {control & 0x3F}"
        if number == 1 and talk.gathered.get(1) != values["data"]:
            talk.gathered.clear()
        if len(talk.gathered) < _MOST_BLOCKS and values["data"]:
            talk.gathered[number] = values["data"]
        if not control & _LAST_BLOCK or not talk.gathered:
            return
        missing = [one for one in range(1, number) if one not in talk.gathered]
        if missing:
            node.add("not complete", f"blocks missing before: {_ranges(missing)}")
            return
        whole = b"".join(talk.gathered[one] for one in sorted(talk.gathered))
        talk.gathered.clear()
        joined = node.add("all blocks", f"{len(whole)} octets", None, len(whole))
        joined.inner = True
        self.apdu(joined, Cursor(whole), talk, depth + 1)

    def _value_block(self, node: Node, values: dict[str, Any], talk: Talk) -> None:
        """A block of a long value; with the last one the whole value."""
        if values["block_number"] == 1:
            talk.values.clear()
        if len(talk.values) < LONGEST:
            talk.values += values["result"]
        if not values["last"]:
            return
        whole = bytes(talk.values)
        talk.values.clear()
        joined = node.add("all blocks", f"{len(whole)} octets", None, len(whole))
        joined.inner = True
        cursor = Cursor(whole)
        try:
            add_data(joined, cursor)
            cursor.finish()
            explain(joined)
        except DecodeError:
            joined.children.clear()  # blocks before these were not seen, or these are the results of a list
            joined.add("octets", hexed(whole), 0, len(whole))


def _is_data(cursor: Cursor) -> bool:
    """Whether octets that are no APDU are one whole value."""
    if not 0 < cursor.left <= LONGEST or cursor.octets[cursor.at] not in _DATA_TAGS:
        return False
    try:
        read_data(cursor)
    except DecodeError:
        return False
    return not cursor.left


class _NoKeys:
    """What is known where nothing is to be opened."""

    sets: Sequence[KeySet] = ()
    titles: Sequence[bytes] = ()
    masters: Sequence[Key] = ()


def _plausible(plain: bytes) -> bool:
    """Whether octets are something that is worth protecting: whole, or understood for longer than chance has it."""
    if not plain or not (plain[0] in _SERVICE_TAGS or plain[:1] == b"/"):
        return False
    probe = Node("")
    Exchange(_NoKeys()).apdu(probe, Cursor(plain), Talk())
    wrong_at = next((fault.at or 0 for fault in probe.faults), len(plain))
    return wrong_at >= min(_BY_CHANCE, len(plain))


def _name(cls: type[Any]) -> str:
    name = word("".join(f"-{letter}" if letter.isupper() else letter for letter in cls.__name__).lstrip("-"))
    return _STANDARD_NAMES.get(name, name)


def _ranges(numbers: list[int]) -> str:
    def spans() -> Iterator[str]:
        start = previous = numbers[0]
        for number in [*numbers[1:], -1]:
            if number != previous + 1:
                yield str(start) if start == previous else f"{start}-{previous}"
                start = number
            previous = number

    return ", ".join(list(spans())[:8])
