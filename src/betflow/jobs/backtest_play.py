"""
One group of tapes, played: the part of a backtest that workers do.

A worker writes what each market came to into a file of its own; the parent takes the files in the order of
the groups, so that the result does not depend on who finished first, and memory not on how many wait.
"""

import hashlib
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import msgspec

from betflow.errors import Finding, NotFoundError, StorageError
from betflow.exchange.assumptions import Assumptions
from betflow.exchange.matching.venue import Account
from betflow.exchange.results import MarketResult, ResultError, impossible_terms
from betflow.jobs.backtest_bodies import PlayedTape, market_body
from betflow.jobs.backtest_survey import TapeChoice
from betflow.jobs.market_facts import MarketFacts, result_with
from betflow.jobs.outcome import Artifact, artifact_of
from betflow.jobs.strategies import StrategyChoice
from betflow.ledger.canonical import canonical_json
from betflow.storage.files import shown_name
from betflow.tape import Position, Tape
from betflow.tape.compression import Damage, StreamDamagedError
from betflow.tape.containers import Member, damaged_content, members
from betflow.trading.engine import Engine
from betflow.trading.orders_file import ScriptedOrder
from betflow.trading.played import PlayedMarket
from betflow.trading.requests import Latency
from betflow.trading.results import MarketResults, market_results
from betflow.trading.risk import Limit
from betflow.trading.scripted import ScriptedOrders
from betflow.wire.stream import MarketChangeMessage

_HASH_DIGITS = 12
_BETS_OF_A_GROUP = 1_000_000_000
"""Bet ids of a group begin behind those of the group before it, so that they are unique in a backtest."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What all groups of a backtest are played with."""

    strategy: StrategyChoice | None
    limits: Mapping[str, Limit]
    latency: Latency
    account: Account
    assumptions: Assumptions
    discount_rate: Decimal
    facts: Mapping[str, MarketFacts]


@dataclass(frozen=True, slots=True)
class PlayTask:
    """
    What a worker is asked to do.

    Attributes:
        number: The group's place in the order of all.
        tapes: Played together.
        orders: Those to place as they are that may be for these tapes.
        terms: How to play.
        folder: Where to write what the markets came to.
        readahead: Expand in a thread of its own, where there are processors to spare.
    """

    number: int
    tapes: tuple[TapeChoice, ...]
    orders: tuple[ScriptedOrder, ...]
    terms: Terms
    folder: Path
    readahead: bool = False


@dataclass(frozen=True, slots=True)
class PlayedTapes:
    """
    Tapes that were played together.

    Attributes:
        markets: The file with what the markets came to.
        tapes: The tapes.
        findings: What went wrong outside of the tapes and the markets.
        inputs: The files.
        next_bet_id: The first number above those of the bets.
    """

    markets: Path
    tapes: tuple[PlayedTape, ...]
    findings: tuple[Finding, ...]
    inputs: tuple[Artifact, ...]
    next_bet_id: int


def played_markets(path: Path) -> Iterator[tuple[str, MarketResults]]:
    """Yield the markets of a file that `play` made: canonical JSON, and what was settled."""
    with path.open("rb") as file:
        while file.peek(1):
            yield pickle.load(file)  # noqa: S301 - written by a worker of this run, in a folder of this run


def play(task: PlayTask) -> Iterator[PlayedTapes]:
    """
    Play a group; a file with several tapes that can only be read in turn is played tape by tape.

    Raises:
        UsageError: the strategy cannot be made.
    """
    with ExitStack() as stack:
        openings = [stack.enter_context(_closing(_opened(tape, task))) for tape in task.tapes]
        next_bet_id = 1 + task.number * _BETS_OF_A_GROUP
        for number, reels in enumerate(zip(*openings, strict=False)):
            played = _play(task, reels, number, next_bet_id)
            next_bet_id = played.next_bet_id
            yield played


class _closing:  # noqa: N801 - reads as what it does
    """Close a generator at the end of the block."""

    def __init__(self, reels: Iterator["_Reel"]) -> None:
        self._reels = reels

    def __enter__(self) -> Iterator["_Reel"]:
        return self._reels

    def __exit__(self, *_error: object) -> None:
        close = getattr(self._reels, "close", None)
        if close is not None:
            close()


class _Reel:
    """
    A tape as the engine reads it: under a name that does not depend on where it lies.

    Attributes:
        label: The name.
        tape: The tape.
    """

    def __init__(self, member: Member, choice: TapeChoice, *, readahead: bool) -> None:
        self._hash = None if choice.sha256 else hashlib.sha256()
        self._choice = choice
        chunks = member.chunks if self._hash is None else self._hashed(member.chunks)
        self.tape = Tape(replace(member, chunks=chunks), readahead=readahead)
        self.label = _name(member, choice)

    def _hashed(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._hash is not None:
                self._hash.update(chunk)
            yield chunk

    def messages(self) -> Iterable[MarketChangeMessage]:
        """Return the messages, without the markets that are not to be played from here."""
        messages = self.tape.messages()
        choice = self._choice
        if choice.markets is None and not choice.without:
            return messages
        return (_with_markets(message, choice) for message in messages)

    @property
    def on_damage(self) -> Callable[[], object] | None:
        """Called when a line of the tape could not be read."""
        return self.tape.on_damage

    @on_damage.setter
    def on_damage(self, call: Callable[[], object] | None) -> None:
        self.tape.on_damage = call

    @property
    def position(self) -> Position:
        """Where the latest message stands."""
        return self.tape.position

    def played(self) -> PlayedTape:
        """Say what was read."""
        sha256 = self._choice.sha256 or (self._hash.hexdigest() if self._hash is not None else "")
        messages = self.tape.account.messages
        return PlayedTape(self.label, self.tape.label, sha256, messages, _one_finding(self.tape))


def _name(member: Member, choice: TapeChoice) -> str:
    if choice.sha256:
        return choice.sha256[:_HASH_DIGITS]  # its file in the archive has no other name
    return shown_name(f"{member.path.name}!{member.name}" if member.name else member.path.name)


def _with_markets(message: MarketChangeMessage, choice: TapeChoice) -> MarketChangeMessage:
    """Leave out of a message what is about other markets."""
    changes = message.mc
    if not changes:
        return message
    kept = [
        change
        for change in changes
        if change.id not in choice.without and (choice.markets is None or change.id in choice.markets)
    ]
    return message if len(kept) == len(changes) else msgspec.structs.replace(message, mc=kept)


def _opened(choice: TapeChoice, task: PlayTask) -> Iterator[_Reel]:
    """Yield the tapes of a file; where it cannot be read, one that has nothing but the finding."""
    nothing: Iterator[bytes] | None = iter(())
    try:
        for member in members(choice.path, part=choice.part):
            nothing = None
            yield _Reel(member, choice, readahead=task.readahead)
    except StreamDamagedError as error:
        nothing = damaged_content(error.damage, error.message)
    except (NotFoundError, StorageError) as error:  # it went away, or may not be read
        nothing = damaged_content(Damage.UNREADABLE, error.message.rstrip("."))
    if nothing is not None:
        name = choice.part.name if choice.part else ""
        yield _Reel(Member(choice.path, name, nothing, slow=False), choice, readahead=False)


def _one_finding(tape: Tape) -> Finding | None:
    """Sum up what could not be read of a tape."""
    if not tape.findings:
        return None
    first, *others = tape.findings
    rest = f" And {len(others):,} findings more: `betflow tape verify` names them." if others else ""
    played = " The rest was played." if tape.account.messages else " Nothing of it was played."
    return Finding(first.code, tape.label, f"{first.message}{rest}{played}", dict(first.where))


def _play(task: PlayTask, reels: Sequence[_Reel], number: int, first_bet_id: int) -> PlayedTapes:
    terms = task.terms
    decided = [] if terms.strategy is None else [terms.strategy.made()]
    scripted = [ScriptedOrders(task.orders)] if task.orders else []
    engine = Engine(
        [*decided, *scripted],
        latency=terms.latency,
        risk=tuple(terms.limits.values()),
        account=terms.account,
        assumptions=terms.assumptions,
    )
    with redirect_stdout(sys.stderr):  # what strategies print is no data of ours
        played = engine.run(reels, first_bet_id=first_bet_id)
    tapes = tuple(reel.played() for reel in reels)
    path = task.folder / f"{task.number:07}-{number:07}.pickle"
    with path.open("wb") as file:
        for market in played.markets.values():
            result, contradiction = _result(market, terms)
            played.findings += [*_impossible_terms(market), *contradiction]
            results = market_results(
                market, result=result, discount_rate=terms.discount_rate, assumptions=terms.assumptions
            )
            pickle.dump((canonical_json(market_body(market, results, tapes)), results), file)
    inputs = () if any(tape.part for tape in task.tapes) or number else _inputs(task.tapes)
    bet_ids = [int(order.bet_id) for market in played.markets.values() for order in market.orders]
    next_bet_id = max(bet_ids, default=first_bet_id - 1) + 1
    return PlayedTapes(path, tapes, tuple(played.findings), inputs, next_bet_id)


def _result(market: PlayedMarket, terms: Terms) -> tuple[MarketResult | None, list[Finding]]:
    """Return a result that somebody knows more of than the recording; or why that cannot be."""
    facts = terms.facts.get(market.market_id)
    if facts is None or market.definition is None:
        return None, []
    try:
        return result_with(facts, market.market_id, market.definition, market.removed_at), []
    except ResultError as error:
        message = f"{error.message} What --results says of it is left out."
        return None, [Finding("backtest.result-impossible", market.market_id, message)]


def _impossible_terms(market: PlayedMarket) -> list[Finding]:
    """Tell what a definition says that cannot be; an assumption takes its place, or nothing does."""
    if market.definition is None:
        return []
    return [
        Finding("backtest.terms-impossible", market.market_id, what)
        for what in impossible_terms(market.definition)
    ]


def _inputs(tapes: Iterable[TapeChoice]) -> tuple[Artifact, ...]:
    found = []
    for tape in tapes:
        try:
            found.append(artifact_of(tape.path))
        except OSError:
            continue  # a finding of the tape says so
    return tuple(found)
