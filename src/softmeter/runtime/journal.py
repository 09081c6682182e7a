"""SQLite's write-ahead log, read without SQLite: what it adds to its file, and whether its end is torn or damaged.

File format: https://www.sqlite.org/fileformat2.html, section 4. SQLite itself stops in silence at the first frame that
does not agree with its check sum. After a power cut that is the end of an interrupted commit; with whole commits
behind it, it is damage, because every one of them was on the disk before the next began. A head that does not agree is
that of a journal which was just being begun anew, if all that the frames behind it hold is in the file already.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Frames = NDArray[np.void]

_HEADER_SIZE = 32
_FRAME_HEADER_SIZE, _SALT_AT = 24, 8
_SECTOR = 512
_BIG_ENDIAN_SUMS, _LITTLE_ENDIAN_SUMS = 0x377F0683, 0x377F0682
_FORMAT = 3_007_000
_PAGE_SIZE_AT = slice(16, 18)
_LARGEST_PAGE = 65_536
_WRITE_AND_READ_VERSION = slice(18, 20)


@dataclass(frozen=True, slots=True)
class Replayed:
    """A database with its journal taken in, as SQLite would see it."""

    content: bytes
    """For a connection in memory: marked as a file without a journal."""
    damage: str
    """Why what follows in the journal is no interrupted commit; empty if it is, or if nothing does."""


def replay(database: bytes, journal: bytes) -> Replayed:
    """Take the whole commits of `journal` into `database`."""
    content, damage = bytearray(database), ""
    if len(journal) >= _HEADER_SIZE and any(journal):
        words = np.frombuffer(journal, ">u4", _HEADER_SIZE // 4).astype(np.uint32)
        order = {_BIG_ENDIAN_SUMS: ">u4", _LITTLE_ENDIAN_SUMS: "<u4"}.get(int(words[0]))
        if order is None or not _is_header(words, np.frombuffer(journal, order, 6), database):
            damage = "" if _is_taken_in(journal, database) else "the head of its journal is damaged"
        else:
            frames = _frames(journal, int(words[2]))
            own = (frames["salt"] == words[4:6]).all(axis=1) & (frames["page"] > 0)
            agreeing = own & _agreeing(frames, words[6:8], order)
            whole = len(agreeing) if agreeing.all() else int(agreeing.argmin())
            _take_in(content, frames[:whole])
            damage = _damage(frames, own, agreeing, whole)
    content[_WRITE_AND_READ_VERSION] = b"\1\1"
    return Replayed(bytes(content), damage)


def _is_taken_in(journal: bytes, database: bytes) -> bool:
    """Whether the file holds what the frames of a journal without a good head would bring."""
    frames = _frames(journal, _page_size(database))
    if not len(frames):
        return True
    own = (frames["salt"] == frames["salt"][0]).all(axis=1) & (frames["page"] > 0)
    for order in (">u4", "<u4"):  # the first frame goes on from the head that is lost
        agreeing = own & np.append(True, _agreeing(frames, frames["sums"][0], order)[1:])
        if len(frames) == 1 or agreeing[1]:
            content = bytearray(database)
            _take_in(content, frames[: len(agreeing) if agreeing.all() else int(agreeing.argmin())])
            return bytes(content) == database
    return False


def _page_size(database: bytes) -> int:
    page_size = int.from_bytes(database[_PAGE_SIZE_AT], "big")
    return _LARGEST_PAGE if page_size == 1 else page_size


def _is_header(words: Words, summed: Words, database: bytes) -> bool:
    same_pages = int(words[2]) == _page_size(database)
    sums = _sums(summed.astype(np.uint32)[np.newaxis], np.zeros((1, 2), np.uint32))
    return same_pages and int(words[1]) == _FORMAT and bool((sums[0] == words[6:8]).all())


def _frames(journal: bytes, page_size: int) -> Frames:
    layout = np.dtype(
        [("page", ">u4"), ("size", ">u4"), ("salt", ">u4", (2,)), ("sums", ">u4", (2,)), ("content", "u1", page_size)]
    )
    count = (len(journal) - _HEADER_SIZE) // layout.itemsize
    return np.frombuffer(journal, layout, count, _HEADER_SIZE)


def _agreeing(frames: Frames, first: Words, order: str) -> NDArray[np.bool_]:
    """Which frames agree with their check sum, going on from the stored one of the frame before."""
    octets = frames.view("u1").reshape(len(frames), frames.itemsize)
    summed = np.concatenate([octets[:, :8], octets[:, _FRAME_HEADER_SIZE:]], axis=1).view(order).astype(np.uint32)
    stored = frames["sums"].astype(np.uint32)
    before = np.concatenate([first[np.newaxis], stored])[: len(frames)]
    agreeing: NDArray[np.bool_] = (_sums(summed, before) == stored).all(axis=1)
    return agreeing


def _sums(words: Words, before: Words) -> Words:
    """Check sums of rows of words, shape (n, 2), going on from `before`.

    `s0 += x + s1; s1 += y + s0` for each pair of words is linear, and its coefficients are Fibonacci's numbers.
    """
    count = words.shape[1]
    fibonacci = [0, 1]
    while len(fibonacci) < count + 2:
        fibonacci.append((fibonacci[-1] + fibonacci[-2]) & 0xFFFF_FFFF)
    weight = np.array(fibonacci, np.uint32)
    first = words @ weight[count - 1 :: -1] + before @ weight[[count - 1, count]]
    second = words @ weight[count:0:-1] + before @ weight[[count, count + 1]]
    return np.stack([first, second], axis=1)


def _take_in(content: bytearray, frames: Frames) -> None:
    commits = np.flatnonzero(frames["size"])
    if not len(commits):
        return
    pages = frames[: commits[-1] + 1]
    size = frames.dtype["content"].itemsize
    length = int(pages["size"][-1]) * size
    content.extend(bytes(max(0, length - len(content))))
    for page, octets in zip(pages["page"].tolist(), pages["content"], strict=True):
        if page * size <= length:
            content[(page - 1) * size : page * size] = octets.tobytes()
    del content[length:]


def _damage(frames: Frames, own: NDArray[np.bool_], agreeing: NDArray[np.bool_], whole: int) -> str:
    """Only the last commit may be interrupted: sound frames after the end of the one that `whole` is in are damage."""
    ends = np.flatnonzero((frames["size"] > 0) & own & (agreeing | ~_split(frames)))
    ends = ends[ends >= whole]
    if len(ends) and agreeing[ends[0] + 1 :].any():
        return f"its journal is damaged at octet {_HEADER_SIZE + whole * frames.itemsize}, before whole commits"
    return ""


def _split(frames: Frames) -> NDArray[np.bool_]:
    """Of which frames a sector ends right before the salt: a cut may leave the size of an older frame there."""
    salts: NDArray[np.int64] = _HEADER_SIZE + _SALT_AT + np.arange(len(frames)) * frames.itemsize
    is_begun: NDArray[np.bool_] = salts % _SECTOR == 0
    return is_begun
