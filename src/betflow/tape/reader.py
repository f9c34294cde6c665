"""
Tapes, message by message.

Never silent, never fatal: a damaged line becomes a `Finding` that names file, line, offset and reason,
and reading goes on behind it; where a compressed stream breaks off, everything before the break is
read. Every line is accounted for in `Tape.account`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from operator import length_hint
from pathlib import Path
from typing import TypeVar

import msgspec

from betflow.errors import Finding, NotFoundError
from betflow.exchange.book import MarketBook, MarketBooks
from betflow.storage.files import shown_name
from betflow.tape.compression import StreamDamagedError
from betflow.tape.containers import DEFAULT_LIMITS, Limits, Member
from betflow.tape.content import Content
from betflow.tape.lines import Batch, batches
from betflow.wire.stream import MarketChangeMessage, decode_market_change

DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
MOST_FINDINGS = 1000
HEAD_BYTES = 4096

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a message stands: line number from 1, and byte offset in the expanded content from 0."""

    line: int
    offset: int


@dataclass(frozen=True, slots=True)
class Account:
    """
    What became of the lines of a tape: ``lines == messages + other + blank + damaged``.

    Attributes:
        lines: Lines read so far.
        messages: Market change messages, heartbeats included.
        other: Other messages of the stream: connections, statuses, orders, and operations unknown here.
        blank: Lines with nothing on them.
        damaged: Lines that are no message, each in a finding.
        bytes: Size of the expanded content.
    """

    lines: int = 0
    messages: int = 0
    other: int = 0
    blank: int = 0
    damaged: int = 0
    bytes: int = 0

    def __add__(self, other: "Account") -> "Account":
        """Return the account of both."""
        return Account(
            self.lines + other.lines,
            self.messages + other.messages,
            self.other + other.other,
            self.blank + other.blank,
            self.damaged + other.damaged,
            self.bytes + other.bytes,
        )


class Tape:
    """
    One stream of recorded messages: a file, or one member of an archive.

    Iterate over it to get, for each market change, the market's book after it; or over `messages`.
    Each iteration begins afresh.

    Args:
        source: A file, or a `Member` of one; a member can be read once only.
        limits: When to stop expanding it.
        readahead: Expand in a thread of its own, ahead of the reader.
        on_chunk: Gets each piece of the expanded content, in order, before its lines are read.

    Attributes:
        path: The file.
        label: The file and the place inside it, for people.
        name: What it is called where it is: the file's name, or the member's in the innermost archive.
        is_member: Whether it is inside an archive.
        head: The beginning of the content, for who wants to know what it is: the first `HEAD_BYTES` or so.
        books: The books of the markets seen so far.
        findings: What could not be read, so far.
        on_damage: Called when a line could not be read, before the message behind it comes: what it said
            is missing from then on.

    Raises:
        NotFoundError: there is no such file.
    """

    def __init__(
        self,
        source: str | Path | Member,
        *,
        limits: Limits = DEFAULT_LIMITS,
        readahead: bool = True,
        on_chunk: Callable[[bytes], object] | None = None,
    ) -> None:
        self._source = source if isinstance(source, Member) else Path(source)
        self.path = self._source.path if isinstance(self._source, Member) else self._source
        self.label = self._source.label if isinstance(self._source, Member) else shown_name(self._source)
        inside = self._source.name if isinstance(self._source, Member) else ""
        self.name = inside.rpartition("!")[2] or self.path.name
        self.is_member = bool(inside)
        if self._source is self.path and not self.path.is_file():
            raise NotFoundError(f"There is no file {self.path}.")
        self._limits = limits
        self._ahead = readahead
        self._on_chunk = on_chunk
        self.on_damage: Callable[[], object] | None = None
        self._content: Content | None = None
        self._known: tuple[int, int] = (0, 0)  # index in the batch and offset, where last asked
        self._no_message = -1  # index in the batch of the latest line that is none
        self._begin()

    def __repr__(self) -> str:
        return f"<Tape {self.label}>"

    def __iter__(self) -> Iterator[MarketBook]:
        """
        Yield the book of each market that a message changed, after each of its changes.

        The book is a live view: the next step alters it. What changed is in its `change` and
        `changed_runners`.
        """
        return self._read(self._fold)

    def messages(self) -> Iterator[MarketChangeMessage]:
        """Return every market change message in order, heartbeats too, without folding it into `books`."""
        return self._read(iter)

    def scan(
        self,
        use: Callable[[Iterator[MarketChangeMessage]], Iterator[T]],
        decode: Callable[[bytes], MarketChangeMessage] = decode_market_change,
    ) -> Iterator[T]:
        """
        Return what *use* yields from the messages; for loops that cannot afford a step for each message.

        Args:
            use: Called again after each line that is no message, with the messages behind it.
            decode: Takes less of a line than all, and raises as `decode_market_change` does.
        """
        return self._read(use, decode)

    def open(self) -> Content:
        """Open the file and begin to read ahead, before the first message is asked for."""
        if self._content is None:
            self._content = Content(self._source, self._limits, ahead=self._ahead)
        return self._content

    @property
    def message(self) -> MarketChangeMessage | None:
        """The latest message, decoded again: its `clk`, `ct`, `status` (503: data may be late) are here."""
        line = self._latest_line()
        return decode_market_change(line) if line else None

    @property
    def position(self) -> Position:
        """Where the latest message stands."""
        index = len(self._batch.lines) - length_hint(self._remaining) - 1
        known, offset = self._known if self._known[0] <= index else (0, self._batch.offset)
        offset += sum(map(len, self._batch.lines[known:index])) + index - known
        self._known = index, offset  # so that asking at every line costs no more than the lines
        return Position(self._batch.number + index, offset)

    @property
    def line(self) -> bytes:
        """The line of the latest message, as it was read."""
        return self._batch.lines[len(self._batch.lines) - length_hint(self._remaining) - 1]

    @property
    def account(self) -> Account:
        """What became of the lines read so far."""
        lines = self._batch.number - 1 + len(self._batch.lines) - length_hint(self._remaining)
        messages = lines - self._other - self._blank - self._damaged
        return Account(lines, messages, self._other, self._blank, self._damaged, self._bytes)

    def _begin(self) -> None:
        self.books = MarketBooks()
        self.findings: list[Finding] = []
        self.head = b""
        self._findings_left_out = 0
        self._other = self._blank = self._damaged = self._bytes = 0
        self._messages_before = self._in_a_row = 0
        self._batch = Batch([], 1, 0)
        self._remaining: Iterator[bytes] = iter(self._batch.lines)
        self._message_line = b""
        self._start(self._batch)

    def _latest_line(self) -> bytes:
        """Return the line of the latest message, also where lines that are none came behind it."""
        index = len(self._batch.lines) - length_hint(self._remaining) - 1
        return self._message_line if index in {-1, self._no_message} else self._batch.lines[index]

    def _start(self, batch: Batch) -> None:
        self._message_line = self._latest_line()
        self._no_message = -1
        self._batch = batch
        self._remaining = iter(batch.lines)
        self._known = (0, batch.offset)

    def close(self) -> None:
        """Stop what `open` began; reading a tape to its end, or leaving the loop, does it too."""
        if self._content is not None:
            self._content.close()
            self._content = None

    def _read(
        self,
        use: Callable[[Iterator[MarketChangeMessage]], Iterator[T]],
        decode: Callable[[bytes], MarketChangeMessage] = decode_market_change,
    ) -> Iterator[T]:
        """Begin afresh, and yield what *use* makes of the messages; a line that is none is passed over."""
        content, self._content = self.open(), None
        self._begin()
        chunks = self._counted(content)
        try:
            for batch in batches(chunks, self._limits.line, self._note_too_long):
                self._start(batch)
                if not any(batch.lines):  # nothing but line ends: a bomb may have billions of them
                    self._blank += len(batch.lines)
                    self._remaining = iter(())
                    self._no_message = len(batch.lines) - 1
                    continue
                messages = map(decode, self._remaining)
                while True:
                    try:
                        yield from use(messages)
                    except DECODE_ERRORS as error:
                        self._note_line(error)  # and go on behind it
                    else:
                        break
        except _NoMessagesError:
            self._note_no_messages()
            self._pass_over(chunks)
        except StreamDamagedError as error:
            self._note_stream(error)
        finally:
            content.close()
        if not self.findings and self.account.lines == self.account.blank:
            self._note(Finding("tape.empty", self.label, "The tape is empty: there is no message in it."))
        if self._findings_left_out:
            message = f"There are {self._findings_left_out:,} more findings; only the first are listed."
            self.findings.append(Finding("tape.more-findings", self.label, message))

    def _fold(self, messages: Iterator[MarketChangeMessage]) -> Iterator[MarketBook]:
        return self.books.fold(messages)

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._bytes += len(chunk)
            if len(self.head) < HEAD_BYTES:
                self.head += chunk[:HEAD_BYTES]
            if self._on_chunk is not None:
                self._on_chunk(chunk)
            yield chunk

    def _pass_over(self, chunks: Iterator[bytes]) -> None:
        """Count what is left, and hand it on, without looking at its lines."""
        try:
            deque(chunks, maxlen=0)
        except StreamDamagedError as error:
            self._note_stream(error)

    def _note(self, finding: Finding) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
        else:
            self._findings_left_out += 1

    def _note_line(self, error: Exception) -> None:
        position = self.position
        index = position.line - self._batch.number
        if index > 0 and index - 1 != self._no_message:
            self._message_line = self._batch.lines[index - 1]
        self._no_message = index
        line = self._batch.lines[index]
        if not line.strip():
            self._blank += 1
        elif _is_other_message(line, error):
            self._other += 1
        else:
            self._note_damaged_line(position, len(line), _reason(error))
        self._count_in_a_row(position.line)

    def _count_in_a_row(self, line: int) -> None:
        """Count the lines without a message between them, and give up when there are too many."""
        messages = line - self._other - self._blank - self._damaged
        if messages != self._messages_before:
            self._messages_before, self._in_a_row = messages, 0
        self._in_a_row += 1
        if self._in_a_row >= self._limits.lines_without_message:
            raise _NoMessagesError

    def _note_damaged_line(self, position: Position, size: int, reason: str) -> None:
        self._damaged += 1
        if self.on_damage is not None:
            self.on_damage()
        if self._batch.unended:
            message = f"The tape ends in the middle of line {position.line}: {reason}. Left out."
            self._note(Finding("tape.half-line", self.label, message, _where(position, size=size)))
            return
        before = self.findings[-1] if self.findings else None
        if before and before.code == "tape.line-damaged" and _line_after(before) == position.line:
            first, lines = int(before.where["line"]), int(before.where["lines"]) + 1
            what = f"Lines {first} to {position.line} are no messages"
            message = f"{what}; the first: {before.where['reason']}. Left out."
            self.findings[-1] = replace(before, message=message, where={**before.where, "lines": lines})
            return
        message = f"Line {position.line} is no message: {reason}. Left out."
        where = _where(position, size=size, lines=1, reason=reason)
        self._note(Finding("tape.line-damaged", self.label, message, where))

    def _note_too_long(self, number: int, offset: int, size: int) -> None:
        self._start(Batch([], number + 1, offset + size + 1))
        reason = f"it is {size:,} bytes long, more than the limit of {self._limits.line:,}"
        self._note_damaged_line(Position(number, offset), size, reason)

    def _note_no_messages(self) -> None:
        position = self.position
        message = (
            f"{self._in_a_row:,} lines in a row, up to line {position.line:,}, are no messages of a market: "
            "what follows was not looked at. If there are messages behind them, take those lines out."
        )
        self.findings.append(Finding("tape.no-messages", self.label, message, _where(position)))

    def _note_stream(self, error: StreamDamagedError) -> None:
        lines = self.account.lines
        reason = (
            f"After {lines:,} line{'' if lines == 1 else 's'}: {error.message}" if lines else error.message
        )
        message = f"{reason[:1].upper()}{reason[1:]}."
        where: dict[str, int | str] = {"line": lines, "offset": self._bytes}
        self.findings.append(Finding(f"tape.{error.damage}", self.label, message, where))


def _where(position: Position, **more: int | str) -> dict[str, int | str]:
    return {"line": position.line, "offset": position.offset, **more}


def _line_after(finding: Finding) -> int:
    return int(finding.where["line"]) + int(finding.where["lines"])


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return str(error)


def _is_other_message(line: bytes, error: Exception) -> bool:
    """Whether the line is a message of the stream, but none of market changes."""
    if not isinstance(error, msgspec.ValidationError):
        return False
    try:
        return msgspec.json.decode(line, type=_Operation).op != "mcm"
    except DECODE_ERRORS:
        return False


class _NoMessagesError(Exception):
    """There are too many lines in a row that are no messages."""


class _Operation(msgspec.Struct):
    op: str
