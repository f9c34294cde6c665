"""What the first messages of a tape tell a backtest: its markets, their events, if it is a tape at all."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from betflow.errors import NotFoundError, StorageError
from betflow.storage.files import shown_name
from betflow.tape import Tape
from betflow.tape.compression import StreamDamagedError
from betflow.tape.containers import members
from betflow.tape.parts import Part
from betflow.wire.stream import MarketChangeMessage

_FIRST_MESSAGES = 100
_HEAD_BYTES = 4096
_OPERATION = b'"op"'
_LINE_CODES = frozenset({"tape.line-damaged", "tape.half-line", "tape.more-findings"})


@dataclass(frozen=True, slots=True)
class TapeChoice:
    """
    A tape to play.

    Attributes:
        path: The file.
        part: The member of an uncompressed tar; None for the whole file.
        sha256: Of its content, where the archive knows it; empty where it has to be worked out.
        markets: The markets to play; None for all of them.
        without: Markets that another tape plays.
        has_several: Whether the file holds several tapes that can only be read one behind the other.
    """

    path: Path
    part: Part | None = None
    sha256: str = ""
    markets: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    has_several: bool = False

    @property
    def label(self) -> str:
        """The file, and the place inside it."""
        return shown_name(f"{self.path}!{self.part.name}" if self.part else self.path)


@dataclass(frozen=True, slots=True)
class Survey:
    """
    What the first messages of a tape tell.

    Attributes:
        markets: In order of appearance.
        events: The events of those markets.
        has_several: Whether there is another tape behind it in the file.
        is_tape: Whether it looks like a recording of the stream, damaged or not.
        goes_on: Whether there is more of it than was looked at.
        off: The first scheduled off of its markets, as published; empty where none is.
    """

    markets: tuple[str, ...] = ()
    events: frozenset[str] = frozenset()
    has_several: bool = False
    is_tape: bool = True
    goes_on: bool = False
    off: str = ""


def survey(tape: TapeChoice) -> Iterator[Survey]:
    """Look at the first messages of a tape; of one that cannot be read nothing is known."""
    seen = _Seen()
    has_several = False
    try:
        for number, member in enumerate(members(tape.path, part=tape.part), start=1):
            has_several = number > 1
            if has_several:
                break
            reading = Tape(member, readahead=False, on_chunk=seen.take)
            for message in islice(reading.messages(), _FIRST_MESSAGES):
                seen.add(message)
            seen.is_damaged = not seen.messages and any(
                finding.code not in _LINE_CODES for finding in reading.findings
            )
    except (StreamDamagedError, StorageError, NotFoundError, OSError):
        seen.is_damaged = True  # a finding when it is played
    is_tape = has_several or seen.messages > 0 or seen.is_damaged or _OPERATION in seen.head
    yield Survey(
        tuple(seen.markets),
        frozenset(seen.events),
        has_several=has_several,
        is_tape=is_tape,
        goes_on=has_several or seen.messages >= _FIRST_MESSAGES,
        off=min(seen.offs, default=""),
    )


@dataclass(slots=True)
class _Seen:
    """What the beginning of a tape shows."""

    head: bytes = b""
    messages: int = 0
    markets: dict[str, None] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)
    offs: set[str] = field(default_factory=set)
    is_damaged: bool = False

    def take(self, chunk: bytes) -> None:
        """Remember the first bytes."""
        self.head = self.head or chunk[:_HEAD_BYTES]

    def add(self, message: MarketChangeMessage) -> None:
        """Remember the markets of a message and their events."""
        self.messages += 1
        for change in message.mc or ():
            self.markets[change.id] = None
            definition = change.market_definition
            if definition is not None and definition.event_id:
                self.events.add(definition.event_id)
            if definition is not None and definition.market_time:
                self.offs.add(definition.market_time)
