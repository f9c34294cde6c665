"""The expanded content of a tape while it is read: an open file, and perhaps a thread that works ahead."""

from collections.abc import Generator, Iterator
from pathlib import Path

from betflow.tape.compression import Damage, StreamDamagedError
from betflow.tape.containers import Limits, Member, damaged_content, members
from betflow.tape.readahead import Readahead


class Content:
    """The content of one tape, from opening it to closing it."""

    def __init__(self, source: Member | Path, limits: Limits, *, ahead: bool) -> None:
        self._members = _the_one(source) if isinstance(source, Member) else members(source, limits)
        try:
            self._first = next(self._members, Member(Path(), "", iter(()), slow=False))
        except StreamDamagedError as error:
            self._first = Member(Path(), "", damaged_content(error.damage, error.message), slow=False)
        self._thread = Readahead(self._expand()) if ahead and self._first.slow else None

    def __iter__(self) -> Iterator[bytes]:
        return self._expand() if self._thread is None else iter(self._thread)

    def close(self) -> None:
        """Stop reading: the thread first, then the file."""
        if self._thread is not None:
            self._thread.close()
        self._members.close()

    def _expand(self) -> Iterator[bytes]:
        yield from self._first.chunks
        if next(self._members, None) is not None:
            message = "the archive holds more tapes, and only the first was read; read() takes them all"
            raise StreamDamagedError(Damage.UNSUPPORTED, message)


def _the_one(member: Member) -> Generator[Member]:
    yield member
