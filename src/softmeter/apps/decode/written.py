"""Octets as people keep them in text: digits, dumps, logs of terminals and gateways, literals of programs, base64."""

import ast
import base64
import binascii
import re
from collections.abc import Iterator

_COMMENT = re.compile(r"#[^\n]*|//[^\n]*")
_BETWEEN = re.compile(r"0[xX]|\\[xX]|[\s:,;|*._'\"{}\[\]()-]")
_DIGITS = re.compile(r"[0-9A-Fa-f]+")
_LITERAL = re.compile(r"""\bb('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")""")
_DUMP = re.compile(r"\s*(?:0x)?([0-9A-Fa-f]{4,8}):?\s+(.*)")
_WORD = re.compile(r"((?:[0-9A-Fa-f]{2})+)(?:\s+|$)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MOST_IN_LINE, _PAIR = 16, 2
_LIST = re.compile(r"(?<=\[)\s*\d{1,3}(?:[\s,]+\d{1,3}){3,}\s*(?=\])|\A\s*\d{1,3}(?:\s*,\s*\d{1,3}){3,}[\s,]*\Z")
"""Numbers in brackets, or nothing but numbers with commas."""
_STAMP = re.compile(r"\W{0,16}(?:\d{4}-\d\d-\d\d|\d{1,2}[:.]\d\d[:.]\d\d(?:[.,]\d+)?)(?=[\]\s,;T])")
_TIME = re.compile(r"[0-2]?\d:[0-5]\d:[0-5]\d")
_DATE = re.compile(r"\d\d-\d\d-\d\d")
_SPLIT = re.compile(r"[\s,*=<>()\[\]{}\"'`]+|\\[xX](?=[0-9A-Fa-f]{2})|\b0[xX](?=[0-9A-Fa-f]{2})")
_TOKEN = re.compile(r"(?:[0-9A-Fa-f]{2})+|[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2})*)")
_READ_OUT = re.compile(r"^[\w.:*-]{1,30}\([^()\n]*\)", re.MULTILINE)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
_BASE64_STARTS = (
    b"\x7e\xa0",
    b"\x7e\xa1",
    b"\x7e\xa2",
    b"\x7e\xa8",
    b"\x68",
    b"\x00\x01",
    b"\xe6\xe7",
    b"\x0f",
    b"\xdb",
    b"/",
)
_FIELD = re.compile(r"[;|]")
_DIRECTIONS = {"TX", "RX", "SEND", "RECV", "SENT", "RECEIVED", "IN", "OUT"}
_SHORTEST_RUN = 4
"""Octets in a line of a log, among words, that are taken for more than a number somebody wrote."""


def octets_of(content: bytes) -> bytes | None:
    """The octets that a text writes; None where it writes none."""
    text = _text(content)
    if text is None:
        return None
    literals = _literals(text)
    if literals:
        return literals
    decimals = _decimals(text)
    if decimals:
        return decimals
    text = _without_comments(text)
    dump = _dumped(text)
    if dump:
        return dump
    if not any(_STAMP.match(line) for line in text.splitlines()):
        digits = pairs(text)
        if digits is not None:
            return digits
    if _READ_OUT.search(text):
        return None
    return _logged(text) or _from_base64(text)


def pairs(text: str) -> bytes | None:
    """Digits in pairs, with whatever people put between them; None for anything else."""
    cleaned = _BETWEEN.sub("", text)
    if len(cleaned) % 2 or not _DIGITS.fullmatch(cleaned):
        return None
    return bytes.fromhex(cleaned)


def _text(content: bytes) -> str | None:
    """The text, whatever editor saved it; None where the octets are none."""
    coding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(coding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def _literals(text: str) -> bytes:
    """What stands in literals of octets as Python prints them; empty where there are none."""
    try:
        return b"".join(ast.literal_eval(f"b{found[1]}") for found in _LITERAL.finditer(text) if found[1].isascii())
    except (SyntaxError, ValueError):
        return b""


def _decimals(text: str) -> bytes:
    """Lists of decimal numbers, as programs print arrays; empty where there are none, or all could be hexadecimal."""
    lists = [found.group().replace(",", " ").split() for found in _LIST.finditer(text)]
    numbers = [int(one) for listed in lists for one in listed]
    is_told = any(len(one) != _PAIR for listed in lists for one in listed)
    return bytes(numbers) if is_told and max(numbers) <= 0xFF else b""


def _without_comments(text: str) -> str:
    kept, at = [], 0
    while (begin := text.find("/*", at)) >= 0 and (end := text.find("*/", begin + 2)) >= 0:
        kept.append(text[at:begin])
        at = end + 2
    return _COMMENT.sub("", "".join([*kept, text[at:]]))


def _dumped(text: str) -> bytes:
    """A dump with an offset before each line, and perhaps the characters after it; empty where it is none."""
    octets = bytearray()
    lines = [line for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        found = _DUMP.fullmatch(line)
        if found is None:
            ends = number == len(lines) - 1 and _DIGITS.fullmatch(line.strip())  # hexdump says where it ends
            return bytes(octets) if ends and int(line, 16) == len(octets) else b""
        if int(found[1], 16) != len(octets):
            return b""
        octets += _row(found[2])
    return bytes(octets) if len(lines) > 1 else b""


def _row(text: str) -> bytes:
    """The octets of one line, up to where their characters follow."""
    octets, at = bytearray(), 0
    while word := _WORD.match(text, at):
        octets += bytes.fromhex(word[1])
        at = word.end()
        if len(octets) > _MOST_IN_LINE:  # characters stand behind no more than these
            continue
        shown = "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in octets)
        if text[at:].strip("| ") == shown.strip("| "):
            break
    return bytes(octets[:_MOST_IN_LINE] if at < len(text) else octets)


def _logged(text: str) -> bytes:
    """The octets in lines that also have times, directions and words.

    A line of few octets counts where nothing but a direction stands with them, or the same words as in the line before.
    """
    octets, before = bytearray(), None
    for line in text.splitlines():
        tokens = [token for token in _SPLIT.split(_FIELD.sub(" ¦ ", _STAMP.sub(" ", line, count=1))) if token]
        runs = list(_runs(tokens))
        best = max(runs, key=len, default=b"")
        words = [token for token in tokens if not _is_octets(token, tokens)]
        is_alone = len(runs) == 1 and (words == before or all(map(_is_direction, words)))
        if len(best) >= _SHORTEST_RUN or is_alone:
            octets += best
            before = words
        else:
            before = None
    return bytes(octets)


def _runs(tokens: list[str]) -> Iterator[bytes]:
    """Octets that stand next to one another."""
    run = bytearray()
    for token in tokens:
        if _is_octets(token, tokens):
            run += bytes.fromhex(token.replace(":", "").replace("-", ""))
        elif run:
            yield bytes(run)
            run.clear()
    if run:
        yield bytes(run)


def _is_octets(token: str, among: list[str]) -> bool:
    """Whether a token is digits of octets, and no time or date beside them."""
    is_stamp = len(among) > 1 and (_TIME.fullmatch(token) or _DATE.fullmatch(token))
    return _TOKEN.fullmatch(token) is not None and not is_stamp


def _is_direction(word: str) -> bool:
    """Whether a word beside few octets says that they are some: sent, received, an arrow."""
    return word.strip(":->").upper() in _DIRECTIONS or not any(letter.isalnum() for letter in word)


def _from_base64(text: str) -> bytes | None:
    joined = "".join(text.split())
    if not _BASE64.fullmatch(joined) or len(joined) % 4:
        return None
    try:
        octets = base64.b64decode(joined, validate=True)
    except binascii.Error:
        return None
    return octets if octets.startswith(_BASE64_STARTS) else None
