"""Bytes into lines, with where each line stands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Batch:
    """
    Lines that follow one another, without their line ends.

    Attributes:
        lines: The lines.
        number: Number of the first line, from 1.
        offset: Where the first line begins, in bytes from the beginning of the expanded content.
        unended: Whether the content ended before the line did, so that the (only) line may be half a line.
    """

    lines: list[bytes]
    number: int
    offset: int
    unended: bool = False

    def offset_of(self, index: int) -> int:
        """Return where the line at *index* of the batch begins: bytes from the beginning of the content."""
        return self.offset + sum(map(len, self.lines[:index])) + index


def batches(  # noqa: C901 - one loop over pieces of lines, and three things that a piece can be
    chunks: Iterator[bytes], limit: int, on_too_long: Callable[[int, int, int], None]
) -> Iterator[Batch]:
    """
    Split content into lines.

    Args:
        chunks: The content.
        limit: Longest line in bytes. A longer one is left out, and never held in memory.
        on_too_long: Called with the number, offset and size of each line that was left out.

    Yields:
        Batches of about a chunk each.
    """
    number, offset, too_long = 1, 0, 0
    begun: list[bytes] = []  # pieces of a line that has not ended: put together once, however many there are
    size = 0
    for chunk in chunks:
        if begun and b"\n" not in chunk:
            begun.append(chunk)
            size += len(chunk)
            if size > limit:
                too_long, begun = size, []
            continue
        begun.append(chunk)
        content = b"".join(begun)
        if too_long:
            end = content.find(b"\n")
            if end < 0:
                too_long += len(content)
                begun = []
                continue
            on_too_long(number, offset, too_long + end)
            number, offset = number + 1, offset + too_long + end + 1
            content, too_long = content[end + 1 :], 0
        elif offset == 0 and content.startswith(BYTE_ORDER_MARK):
            content, offset = content.removeprefix(BYTE_ORDER_MARK), len(BYTE_ORDER_MARK)
        lines = content.split(b"\n")
        tail = lines.pop()
        begun, size = [tail] if tail else [], len(tail)
        if len(content) > limit and any(len(line) > limit for line in lines):
            yield from _without_too_long(Batch(lines, number, offset), limit, on_too_long)
        elif lines:
            yield Batch(lines, number, offset)
        number, offset = number + len(lines), offset + len(content) - len(tail)
        if size > limit:
            too_long, begun = size, []
    if too_long:
        on_too_long(number, offset, too_long)
    elif begun:
        yield Batch([b"".join(begun)], number, offset, unended=True)


def _without_too_long(
    batch: Batch, limit: int, on_too_long: Callable[[int, int, int], None]
) -> Iterator[Batch]:
    """Yield the batch in pieces, between the lines that are too long."""
    number, offset, lines = batch.number, batch.offset, list[bytes]()
    for line in batch.lines:
        if len(line) <= limit:
            lines.append(line)
            continue
        if lines:
            yield Batch(lines, number, offset)
            number, offset, lines = number + len(lines), offset + sum(map(len, lines)) + len(lines), []
        on_too_long(number, offset, len(line))
        number, offset = number + 1, offset + len(line) + 1
    if lines:
        yield Batch(lines, number, offset)
