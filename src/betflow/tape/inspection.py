"""
What one pass over a tape tells, without building books: its markets, its kind, and what is odd about it.

The pass is what an import costs beyond decompression, so a message gets as little work as possible: it is
counted, its publish time compared with the one before, its runners noted; definitions get more.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from betflow.tape.json_inspection import is_utf_8, repeated_key
from betflow.tape.manifest import Counts, MarketSummary, NotedFinding, SourceKind
from betflow.tape.market_inspection import MarketInspection
from betflow.tape.reader import DECODE_ERRORS, Tape
from betflow.tape.skimming import decode_skimming
from betflow.tape.volume_inspection import decode_if_possible, impossible_volume
from betflow.wire.enums import ChangeType, SegmentType
from betflow.wire.stream import MarketChange, MarketChangeMessage, decode_market_change

_NEVER = 2**53
"""No publish time: 285,000 years away, and beyond what every reader of JSON takes for a whole number."""

_UNAVAILABLE = 503
_NAMED = 3

_encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class Inspection:
    """
    What a tape holds.

    Attributes:
        bytes: Size of the expanded content.
        damage: What could not be read.
        oddities: What could be read and is not as Betfair writes it.
    """

    kind: SourceKind
    counts: Counts
    bytes: int
    first_publish_time: int
    last_publish_time: int
    markets: tuple[MarketSummary, ...]
    damage: tuple[NotedFinding, ...]
    oddities: tuple[NotedFinding, ...]


@dataclass(slots=True)
class _Noted:
    """How often something was met, and where first."""

    count: int = 0
    where: dict[str, int | str] = field(default_factory=dict)

    def note(self, tape: Tape, **more: int | str) -> None:
        self.count += 1
        if not self.where:
            position = tape.position
            self.where = {"line": position.line, "offset": position.offset, **more}

    def finding(self, code: str, one: str, many: str, more: str = "") -> NotedFinding:
        what = f"{_counted(self.count, one, many)}, {'' if self.count == 1 else 'the first '}"
        message = f"{what}at line {self.where['line']:,}{more}."
        return NotedFinding(code, message, {**self.where, "count": self.count})


class Inspector:
    """
    One pass over one tape.

    Args:
        tape: Read from its beginning.
        thorough: Decode prices and sizes too, so that what is no number in them counts as damage, and what no
            exchange publishes as odd; so are keys that come twice and text that is not UTF-8. Without it all
            of this only has to be JSON, which takes half of the time.
    """

    def __init__(self, tape: Tape, *, thorough: bool) -> None:
        self._tape = tape
        self._is_thorough = thorough
        self._markets: dict[str, MarketInspection] = {}
        self._covered: dict[
            str, MarketInspection
        ] = {}  # those in the latest image, and those that came since
        self._previous: MarketChangeMessage | None = None
        self._first = self._greatest = 0
        self._latest = _NEVER  # so that the first message is looked at
        self._backwards, self._impossible, self._repeated = _Noted(), _Noted(), _Noted()
        self._impossible_volume, self._uncovered = _Noted(), _Noted()
        self._repeated_key, self._not_utf_8 = _Noted(), _Noted()
        self._types: Counter[str] = Counter()
        self._conflated = self._status_503 = 0
        self._has_ids = False
        self._is_official = True
        self._ladders: SourceKind | None = None

    def inspect(self) -> Inspection:
        """Read the tape to its end."""
        decode = self._decode_thoroughly if self._is_thorough else decode_skimming
        for _ in self._tape.scan(self._consume, decode):
            pass
        if self._latest != _NEVER:
            self._greatest = max(self._greatest, self._latest)
        return self._result()

    def _consume(self, messages: Iterator[MarketChangeMessage]) -> Iterator[None]:
        """Look at messages, all in this one loop on local names: calls would double its cost (measured)."""
        markets, latest, conflated, previous = self._covered, self._latest, 0, self._previous
        looks_for_ladders = self._ladders is None
        try:
            for message in messages:
                publish_time = message.pt
                if not latest < publish_time < _NEVER and not self._takes_time(message, previous, latest):
                    continue
                latest, previous = publish_time, message
                if message.ct is not None or message.status is not None:
                    self._note_stream(message)
                for change in message.mc or ():
                    try:
                        market = markets[change.id]
                    except KeyError:
                        market = self._cover(message, change)
                    market.messages += 1
                    market.last_publish_time = publish_time
                    if change.market_definition is not None:
                        market.define(change.market_definition, publish_time)
                        self._is_official = self._is_official and _is_number(message.clk)
                    runners = change.rc
                    if runners:
                        market.see(map(market.key, runners))
                    if change.con:
                        conflated += 1
                if looks_for_ladders and message.mc:  # once a message, however many changes it has
                    looks_for_ladders = not self._look_for_ladders()
        finally:
            self._latest, self._previous = latest, previous
            self._conflated += conflated
        yield from ()

    def _decode_thoroughly(self, line: bytes) -> MarketChangeMessage:
        try:
            message: MarketChangeMessage = decode_if_possible(line)
        except msgspec.ValidationError:
            message = decode_market_change(line)
            what = impossible_volume(message)
            if what is not None:
                self._impossible_volume.note(self._tape, what=what)
        if not is_utf_8(line):
            self._not_utf_8.note(self._tape)
        elif (key := repeated_key(line)) is not None:
            self._repeated_key.note(self._tape, key=key)
        return message

    def _takes_time(
        self, message: MarketChangeMessage, previous: MarketChangeMessage | None, latest: int
    ) -> bool:
        """Look at a publish time that is not later than the one before; a message needs one."""
        if not 0 < message.pt < _NEVER:
            self._impossible.note(self._tape)
            return False
        if previous is None:
            self._first = message.pt
            self._has_ids = message.id is not None
        elif message.pt < latest:
            self._backwards.note(self._tape, milliseconds=latest - message.pt)
            self._greatest = max(self._greatest, latest)
        elif _is_repeated(previous, message):
            self._repeated.note(self._tape)
        return True

    def _note_stream(self, message: MarketChangeMessage) -> None:
        if message.ct is not None:
            self._has_ids = True
            self._types[message.ct] += 1
            if message.ct == ChangeType.SUB_IMAGE and message.segment_type in {None, SegmentType.SEG_START}:
                self._covered.clear()  # what the image does not bring is not in the subscription any more
        if message.status is not None:
            self._status_503 += message.status == _UNAVAILABLE

    def _cover(self, message: MarketChangeMessage, change: MarketChange) -> MarketInspection:
        """Take a market that is new, or comes for the first time since an image of the subscription began."""
        market = self._markets.get(change.id)
        if market is None:
            market = self._new_market(message, change)
        elif not change.img and message.ct != ChangeType.SUB_IMAGE and message.segment_type is None:
            self._uncovered.note(self._tape, market=change.id)
        self._covered[change.id] = market
        return market

    def _new_market(self, message: MarketChangeMessage, change: MarketChange) -> MarketInspection:
        self._has_ids = self._has_ids or message.id is not None
        is_defined = change.market_definition is not None
        market = self._markets[change.id] = MarketInspection(change.id, message.pt, is_defined=is_defined)
        return market

    def _look_for_ladders(self) -> bool:
        """Tell by a ladder which of Betfair's plans an official tape is of; say whether it is told now."""
        try:
            message = decode_market_change(self._tape.line)
        except DECODE_ERRORS:
            return False  # skimming is not meant to notice
        for runner in (runner for change in message.mc or () for runner in change.rc or ()):
            if runner.atb is not None or runner.atl is not None:
                self._ladders = SourceKind.OFFICIAL_PRO
            elif runner.batb is not None or runner.batl is not None:
                self._ladders = SourceKind.OFFICIAL_ADVANCED
        return self._ladders is not None

    def _result(self) -> Inspection:
        account = self._tape.account
        summaries = tuple(market.summary() for market in self._markets.values())
        return Inspection(
            kind=self._kind(),
            counts=Counts(
                lines=account.lines,
                messages=account.messages,
                other=account.other,
                blank=account.blank,
                damaged=account.damaged,
                images=self._types[ChangeType.SUB_IMAGE],
                resub_deltas=self._types[ChangeType.RESUB_DELTA],
                heartbeats=self._types[ChangeType.HEARTBEAT],
                conflated=self._conflated,
                status_503=self._status_503,
            ),
            bytes=account.bytes,
            first_publish_time=self._first,
            last_publish_time=self._greatest,
            markets=summaries,
            damage=tuple(NotedFinding(each.code, each.message, each.where) for each in self._tape.findings),
            oddities=tuple(self._oddities()),
        )

    def _kind(self) -> SourceKind:
        if self._has_ids:
            return SourceKind.RAW_STREAM
        if self._is_official and self._markets:
            return self._ladders or SourceKind.OFFICIAL_BASIC
        return SourceKind.RAW_STREAM if len(self._markets) > 1 else SourceKind.SELF_RECORDED

    def _oddities(self) -> Iterator[NotedFinding]:
        if self._backwards.count:
            yield self._backwards.finding(
                "tape.time-backwards",
                "publish time goes backwards",
                "publish times go backwards",
                f" by {self._backwards.where['milliseconds']:,} ms",
            )
        if self._repeated.count:
            yield self._repeated.finding(
                "tape.duplicate-lines", "message repeats the one before", "messages repeat the one before"
            )
        if self._impossible.count:
            yield self._impossible.finding(
                "tape.time-impossible",
                "message has a publish time that cannot be and does not count for its market",
                "messages have a publish time that cannot be and do not count for their market",
            )
        if self._impossible_volume.count:
            yield self._impossible_volume.finding(
                "tape.volume-impossible",
                "message has a price or a volume that cannot be",
                "messages have a price or a volume that cannot be",
                f": {self._impossible_volume.where['what']}",
            )
        yield from self._odd_json()
        if self._uncovered.count:
            yield self._uncovered.finding(
                "tape.market-not-covered",
                "market changes although the last image of the subscription came without it",
                "markets change although the last image of the subscription came without them",
                f": {self._uncovered.where['market']}",
            )
        markets = self._markets.values()
        undefined = [market.market_id for market in markets if market.starts_undefined]
        if undefined:
            what = _counted(len(undefined), "market begins", "markets begin") + " without a definition"
            yield _naming("tape.definition-missing", what, undefined)
        runners = [f"{each.market_id} {runner}" for each in markets for runner in each.undefined_runners()]
        if runners:
            what = _counted(len(runners), "runner changes", "runners change") + " that no definition lists"
            yield _naming("tape.runner-undefined", what, runners)
        wrong = [
            f"{each.market_id} {name} {number}"
            for each in markets
            for name, number in each.wrong_numbers.items()
        ]
        if wrong:
            what = _counted(len(wrong), "number is", "numbers are") + " too large to be Betfair's; left out"
            yield _naming("tape.number-too-large", what, wrong)

    def _odd_json(self) -> Iterator[NotedFinding]:
        if self._repeated_key.count:
            yield self._repeated_key.finding(
                "tape.key-repeated",
                "message has a key twice, and the last value counts",
                "messages have a key twice, and the last value counts",
                f": {self._repeated_key.where['key']}",
            )
        if self._not_utf_8.count:
            yield self._not_utf_8.finding(
                "tape.not-utf-8",
                "message has text that is not UTF-8 where betflow reads nothing",
                "messages have text that is not UTF-8 where betflow reads nothing",
            )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _naming(code: str, what: str, names: list[str]) -> NotedFinding:
    more = "" if len(names) <= _NAMED else " …"
    return NotedFinding(code, f"{what}: {', '.join(names[:_NAMED])}{more}.", {"count": len(names)})


def _is_number(clk: str | int | None) -> bool:
    """Say whether a clock is as in Betfair's historic data; those of the stream are base64."""
    return isinstance(clk, str) and clk.isdecimal()


def _is_repeated(previous: MarketChangeMessage, message: MarketChangeMessage) -> bool:
    # Encoded, because NaN is not equal to itself.
    return message == previous or (message.clk == previous.clk and _encode(message) == _encode(previous))
