"""Bytes become lines, and each line knows where it stands."""

from collections.abc import Iterator

import pytest

from betflow.tape.lines import Batch, batches


def split(*chunks: bytes, limit: int = 1000) -> tuple[list[Batch], list[tuple[int, int, int]]]:
    """Split chunks; return the batches and the lines that were too long."""
    too_long: list[tuple[int, int, int]] = []
    found = list(batches(iter(chunks), limit, lambda *place: too_long.append(place)))
    return found, too_long


def placed(found: list[Batch]) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, offset and text of each line."""
    for batch in found:
        for index, text in enumerate(batch.lines):
            yield batch.number + index, batch.offset_of(index), text


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_lines_do_not_depend_on_the_chunks(size: int) -> None:
    """Numbers, offsets and texts are the same however the content is cut into chunks."""
    content = b"one\n\ntwo\r\nthree"

    found, _ = split(*[content[at : at + size] for at in range(0, len(content), size)])

    assert [(1, 0, b"one"), (2, 4, b""), (3, 5, b"two\r"), (4, 10, b"three")] == list(placed(found))


def test_last_line_without_an_end_is_marked() -> None:
    """Only a line that the content ends in the middle of is marked as unended."""
    found, _ = split(b"one\ntwo")

    assert [(False, [b"one"]), (True, [b"two"])] == [(batch.unended, batch.lines) for batch in found]


@pytest.mark.parametrize("size", [3, 1000])
def test_line_that_is_too_long_is_left_out(size: int) -> None:
    """A line beyond the limit is reported with its place and size; the lines around it stay."""
    content = b"a\n" + b"x" * 50 + b"\nb\n"

    found, too_long = split(*[content[at : at + size] for at in range(0, len(content), size)], limit=10)

    texts = [text for _, _, text in placed(found) if len(text) < 10]
    assert [b"a", b"b"] == texts
    assert size == 1000 or [(2, 2, 50)] == too_long


def test_endless_line_is_not_held() -> None:
    """A line that never ends is reported once, at the end, with its whole size."""
    found, too_long = split(*[b"x" * 100] * 50, limit=10)

    assert ([], [(1, 0, 5000)]) == (found, too_long)


def test_byte_order_mark_is_no_part_of_the_first_line() -> None:
    """A byte order mark is passed over and counted in the offset."""
    found, _ = split(b"\xef\xbb\xbfone\n")

    assert [(1, 3, b"one")] == list(placed(found))
