"""
The order book of a market, as a fold of the stream's changes.

`MarketBooks` holds the books of a subscription and knows what messages do to them; a `MarketBook`
folds the changes of one market; a `RunnerBook` is what is known of one runner. They are live views:
the next change alters them in place, so keep a `MarketBook.snapshot` (see `betflow.exchange.snapshot`)
where a moment has to last.

Source of the rules: "Exchange Stream API" (image and delta, segmentation, keyed ladders) and the
Exchange Stream API's published interface definition.
"""

from collections.abc import Iterable, Iterator

import msgspec

from betflow.exchange import folding
from betflow.exchange.runner_book import RunnerBook
from betflow.wire.enums import ChangeType, MarketStatus, SegmentType
from betflow.wire.stream import MarketChange, MarketChangeMessage, MarketDefinition

try:  # where it was compiled
    from betflow.exchange._folding import fold_runner_changes
except ImportError:
    fold_runner_changes = folding.fold_runner_changes

FOLD_IS_COMPILED = fold_runner_changes is not folding.fold_runner_changes
"""Whether books are folded by compiled code, which is faster and does the same."""


class MarketBook:
    """
    The book of one market.

    Attributes:
        market_id: Betfair's id, ``1.<digits>``.
        definition: The latest market definition; None where the tape has not given one yet.
        runners: The runners, in the order of the definition. Read only; an image renews the list.
        publish_time: When Betfair published the latest change, epoch milliseconds.
        change: The latest change, as it came: what changed is here.
        total_matched: The market's `tv` as published; None where it is not published.
        covered: False once an image of the subscription came without this market: nothing more is
            known of it since.
    """

    __slots__ = (
        "_runner_of",
        "change",
        "covered",
        "definition",
        "market_id",
        "publish_time",
        "runners",
        "total_matched",
    )

    def __init__(self, market_id: str) -> None:
        self.market_id = market_id
        self.definition: MarketDefinition | None = None
        self.runners: list[RunnerBook] = []
        self.publish_time = 0
        self.change: MarketChange | None = None
        self.total_matched: float | None = None
        self.covered = True
        # By selection id alone where the handicap is 0, as in most markets; else by the pair.
        self._runner_of: dict[int | tuple[int, float], RunnerBook] = {}

    def __repr__(self) -> str:
        return (
            f"<MarketBook {self.market_id} {self.status} at {self.publish_time}, {len(self.runners)} runners>"
        )

    @property
    def status(self) -> str | None:
        """The market's status, one of `betflow.wire.enums.MarketStatus`; None without a definition."""
        return self.definition.status if self.definition else None

    @property
    def in_play(self) -> bool:
        """Whether the market is in play."""
        return bool(self.definition and self.definition.in_play)

    @property
    def is_closed(self) -> bool:
        """Whether the market is closed, that is settled."""
        return self.status == MarketStatus.CLOSED

    @property
    def conflated(self) -> bool:
        """Whether the latest change merges several, so that what happened in between is not known."""
        return bool(self.change and self.change.con)

    @property
    def changed_runners(self) -> list[RunnerBook]:
        """The runners whose prices or volumes the latest change touched, each once, in its order."""
        if self.change is None:
            return []
        runners = (self.runner(change.id, change.hc or 0.0) for change in self.change.rc or ())
        return list(dict.fromkeys(runner for runner in runners if runner is not None))

    def runner(self, selection_id: int, handicap: float = 0.0) -> RunnerBook | None:
        """Return the runner, or None where the market has none such."""
        return self._runner_of.get((selection_id, handicap) if handicap else selection_id)

    def apply(self, change: MarketChange, publish_time: int) -> None:
        """
        Fold one change into the book; for many, `MarketBooks.fold` is several times faster.

        Args:
            change: A change of this market.
            publish_time: When it was published, epoch milliseconds.
        """
        alone = MarketBooks()
        alone.books[change.id] = self
        alone.apply(MarketChangeMessage(pt=publish_time, mc=[change]))

    def _clear(self, *, definition: MarketDefinition | None) -> None:
        """Begin anew with a definition: the image's, else the one known, which an image does not unsay."""
        self.runners = []
        self._runner_of = {}
        self.total_matched = None
        self.covered = True
        if definition is not None:
            self._define(definition)

    def _define(self, definition: MarketDefinition) -> None:
        self.definition = definition
        listed: list[RunnerBook] = []
        for runner_definition in definition.runners or ():
            handicap = runner_definition.hc or 0.0
            runner = self.runner(runner_definition.id, handicap)
            if runner is None:
                runner = self._add_runner(runner_definition.id, handicap)
            runner.definition = runner_definition
            listed.append(runner)
        if listed != self.runners:
            others = [runner for runner in self.runners if runner not in set(listed)]
            for runner in others:
                runner.definition = None
            self.runners = [*listed, *others]

    def _add_runner(self, selection_id: int, handicap: float) -> RunnerBook:
        runner = RunnerBook(selection_id, handicap)
        self._runner_of[(selection_id, handicap) if handicap else selection_id] = runner
        self.runners.append(runner)
        return runner


class MarketBooks:
    """
    The books of everything that a stream covers.

    Attributes:
        books: The book of each market, by market id.
        status: The latest message's status: 503 while data may be late or incomplete, else None.
    """

    __slots__ = ("_image_versions", "books", "status")

    def __init__(self) -> None:
        self.books: dict[str, MarketBook] = {}
        self.status: int | None = None
        # While an image is being received: the version of each market in it.
        self._image_versions: dict[str, int] | None = None

    def fold(self, messages: Iterable[MarketChangeMessage]) -> Iterator[MarketBook]:  # noqa: C901
        """Fold messages one after the other; yield the book of each market change, after the change."""
        book_of = self.books
        last_id = ""  # most tapes are of one market: comparing its id is cheaper than looking it up
        for message in messages:
            if message.status is not self.status:
                self.status = message.status
            market_changes = message.mc
            if message.ct is not None or self._image_versions is not None:
                market_changes = self._image_changes(message)
            if not market_changes:
                continue
            for change in market_changes:
                if change.id != last_id:
                    last_id = change.id
                    book = book_of.get(last_id) or self.book(last_id)
                book.change = change
                book.publish_time = message.pt
                if change.img:
                    book._clear(definition=change.market_definition or book.definition)
                elif change.market_definition is not None:
                    book._define(change.market_definition)
                if change.tv is not None:
                    book.total_matched = change.tv
                if change.rc is not None:
                    fold_runner_changes(book, change.rc)
                yield book

    def book(self, market_id: str) -> MarketBook:
        """Return the book of the market, a new one where there is none yet."""
        book = self.books.get(market_id)
        if book is None:
            book = self.books[market_id] = MarketBook(market_id)
        return book

    def apply(self, message: MarketChangeMessage) -> list[MarketBook]:
        """Fold one message; return the book of each of its market changes."""
        return list(self.fold((message,)))

    def _image_changes(self, message: MarketChangeMessage) -> list[MarketChange]:
        """
        Return the market changes to apply of a message that may be (part of) an image.

        An image (`SUB_IMAGE`, in one message or in segments) replaces all that was cached, also in
        mid-stream: its markets start afresh, and the books of markets that it does not bring are
        marked as no longer covered. A market that was moved to another event can be in an image
        twice; the one with the higher version counts.
        """
        versions = self._image_versions
        if message.ct == ChangeType.HEARTBEAT or (versions is None and message.ct != ChangeType.SUB_IMAGE):
            return message.mc or []
        starts = message.segment_type is None or message.segment_type == SegmentType.SEG_START
        if starts:
            if message.ct != ChangeType.SUB_IMAGE:  # the image never ended: its last segment is lost
                self._image_versions = None
                return message.mc or []
            versions = None
        if versions is None:
            versions = self._image_versions = {}
        changes = [kept for change in message.mc or () if (kept := _image_change(change, versions))]
        if message.segment_type is None or message.segment_type == SegmentType.SEG_END:
            self._image_versions = None
            for market_id, book in self.books.items():
                book.covered = book.covered and market_id in versions
        return changes


def _image_change(change: MarketChange, versions: dict[str, int]) -> MarketChange | None:
    """Return what to apply of a market's part in an image, None where a higher version is there already."""
    definition = change.market_definition
    version = (definition.version if definition else None) or 0
    seen = versions.get(change.id)
    if seen is None:
        versions[change.id] = version
        return change if change.img else msgspec.structs.replace(change, img=True)
    if change.img and version < seen:
        return None
    versions[change.id] = max(version, seen)
    return change
