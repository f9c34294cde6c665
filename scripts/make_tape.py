#!/usr/bin/env python3
"""
Make up a tape in Betfair's official historic format, for those who have none yet.

A horse race WIN market with six runners: forty minutes of trading before the off, the starting price,
ninety seconds in play, a winner. The race never took place and the numbers prove nothing; the shape is that
of a real file (PRO): definitions first and last, ladders as deltas, traded volume that counts both stakes,
zeroed at settlement.

The same seed gives the same bytes on every machine. Needs nothing but Python::

    scripts/make_tape.py made-up.bz2 --messages 2000
"""

import argparse
import bz2
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

MARKET_ID = "1.100000001"
OFF_MS = 1_718_458_200_000  # 2024-06-15T13:30:00Z
BEFORE_OFF_MS = 40 * 60_000
IN_PLAY_MS = 90_000
DEPTH = 5
WINNER = 1  # not the favourite: a race where something happens

RUNNERS = (
    ("1. Paper Tiger", 2.4), ("2. Closing Line", 4.5), ("3. Bet Delay", 6.8),
    ("4. Dead Heat", 11.0), ("5. Market Mover", 15.0), ("6. Wooden Spoon", 26.0),
)  # fmt: skip

# Where a step of the CLASSIC ladder ends, and its length; in hundredths.
LADDER_BANDS = (
    (200, 1), (300, 2), (400, 5), (600, 10), (1000, 20), (2000, 50), (3000, 100), (5000, 200), (10_000, 500),
    (100_000, 1000),
)  # fmt: skip


def classic_ladder() -> tuple[float, ...]:
    """Return the 350 prices of the CLASSIC ladder, lowest first."""
    prices, hundredths = [], 101
    for end, step in LADDER_BANDS:
        while hundredths < end:
            prices.append(hundredths / 100)
            hundredths += step
    return (*prices, LADDER_BANDS[-1][0] / 100)


LADDER = classic_ladder()


@dataclass(slots=True)
class Runner:
    """
    One runner's book as it has been published so far.

    Attributes:
        selection_id: Betfair would number it so.
        name: As in historic files, with the saddle cloth.
        tick: Index in the ladder of the best price to lay; the best to back is one below.
        offers: Published ladders, size by price, under their names on the wire.
        traded: Traded volume by price, both stakes counted.
        starting_price: Once reconciled.
    """

    selection_id: int
    name: str
    tick: int
    offers: dict[str, dict[float, float]] = field(default_factory=lambda: {"atb": {}, "atl": {}})
    traded: dict[float, float] = field(default_factory=dict)
    starting_price: float | None = None

    @property
    def price(self) -> float:
        """Return the best price to lay."""
        return LADDER[self.tick]

    def walk(self, drift: float, random: Random) -> None:
        """Move the book by some ticks, *drift* on average; below zero the price shortens."""
        step = round((random.random() - 0.5) * 3 + drift)
        self.tick = min(max(self.tick + step, DEPTH), len(LADDER) - DEPTH)

    def refresh(self, random: Random) -> dict[str, Any]:
        """Put fresh offers around the price; return the change to what was published."""
        wanted = {
            "atb": LADDER[self.tick - DEPTH : self.tick],
            "atl": LADDER[self.tick : self.tick + DEPTH],
        }
        change: dict[str, Any] = {}
        for side, published in self.offers.items():
            gone = [[price, 0] for price in published if price not in wanted[side]]
            news = [
                [price, _size(random, 200 / price)]
                for price in wanted[side]
                if price not in published or _happens(random, 0.25)
            ]
            for price, _ in gone:
                del published[price]
            published.update((price, size) for price, size in news)
            if gone or news:
                change[side] = gone + news
        return change

    def trade(self, random: Random) -> dict[str, Any]:
        """Trade at one of the two best prices; return the change."""
        price = LADDER[self.tick - _happens(random, 0.5)]
        self.traded[price] = round(self.traded.get(price, 0.0) + 2 * _size(random, 60 / price), 2)
        return {"trd": [[price, self.traded[price]]], "ltp": price, "tv": self.volume}

    @property
    def volume(self) -> float:
        """Return the traded volume at all prices."""
        return round(sum(self.traded.values()), 2)


def _happens(random: Random, chance: float) -> bool:
    return random.random() < chance


def _size(random: Random, typical: float) -> float:
    return round(2 + typical * (0.5 + random.random()), 2)


def _iso(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Race:
    """A market from its first definition to its last, as a stream of messages."""

    def __init__(self, seed: int) -> None:
        # `random()` is the one method whose values are promised to stay the same in every Python.
        self._random = Random(seed)  # noqa: S311 - a made-up market, not a secret
        self._clk = 1_000_000
        self._version = 5_000_000_000
        self._runners = [
            Runner(10_000_001 + number, name, LADDER.index(price))
            for number, (name, price) in enumerate(RUNNERS)
        ]

    def messages(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield *count* messages; nine of them tell the market's course, the others are trading."""
        before = (count - 9) * 3 // 4
        in_play = count - 9 - before
        yield self._definition(OFF_MS - BEFORE_OFF_MS)
        yield self._opening(OFF_MS - BEFORE_OFF_MS + 500)
        yield from self._trading(
            OFF_MS - BEFORE_OFF_MS, OFF_MS + 20_000, before, drifts=[0.0] * len(self._runners)
        )
        yield self._definition(OFF_MS + 20_500, status="SUSPENDED")
        yield self._reconciliation(OFF_MS + 21_000)
        yield self._definition(OFF_MS + 21_500, status="SUSPENDED", bspReconciled=True)
        yield self._definition(OFF_MS + 22_000, bspReconciled=True, inPlay=True, betDelay=1)
        drifts = [-4.0 if number == WINNER else 2.0 for number in range(len(self._runners))]
        yield from self._trading(OFF_MS + 22_000, OFF_MS + 22_000 + IN_PLAY_MS, in_play, drifts=drifts)
        end = OFF_MS + 22_000 + IN_PLAY_MS
        yield self._definition(end + 500, status="SUSPENDED", bspReconciled=True, inPlay=True, betDelay=1)
        yield self._zeroing(end + 240_000)
        yield self._definition(
            end + 245_000,
            status="CLOSED",
            bspReconciled=True,
            inPlay=True,
            betDelay=1,
            settledTime=_iso(end + 243_000),
        )

    def _message(self, publish_time: int, **change: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        self._clk += 7
        market = {"id": MARKET_ID, **change, "con": True, "img": False}
        return {"op": "mcm", "clk": str(self._clk), "pt": publish_time, "mc": [market]}

    def _trading(self, start: int, end: int, count: int, *, drifts: list[float]) -> Iterator[dict[str, Any]]:
        for number in range(count):
            chosen = int(self._random.random() * len(self._runners))
            runner = self._runners[chosen]
            # A price rests half of the time; then only the offers around it change.
            if _happens(self._random, 0.5):
                runner.walk(drifts[chosen], self._random)
            change = runner.refresh(self._random)
            if _happens(self._random, 0.4):
                change |= runner.trade(self._random)
            # Trading grows towards the end of its time: the square root bends an even spread.
            publish_time = start + 1000 + int((end - start - 1000) * ((number + 1) / (count + 1)) ** 0.5)
            yield self._message(
                publish_time,
                rc=[{**change, "id": runner.selection_id}],
                tv=round(sum(runner.volume for runner in self._runners), 2),
            )

    def _opening(self, publish_time: int) -> dict[str, Any]:
        return self._message(
            publish_time,
            rc=[{**runner.refresh(self._random), "id": runner.selection_id} for runner in self._runners],
        )

    def _reconciliation(self, publish_time: int) -> dict[str, Any]:
        changes: list[dict[str, Any]] = []
        for runner in self._runners:
            runner.starting_price = round(runner.price * (0.98 + 0.04 * self._random.random()), 2)
            stake = _size(self._random, 500 / runner.price)
            liability = round(stake * (runner.starting_price - 1), 2)
            price = runner.starting_price
            changes += [
                {"spb": [[price, liability]], "id": runner.selection_id},
                {"spl": [[price, stake]], "id": runner.selection_id},
            ]
        return self._message(publish_time, rc=changes)

    def _zeroing(self, publish_time: int) -> dict[str, Any]:
        changes: list[dict[str, Any]] = []
        for runner in self._runners:
            zeros = [[price, 0] for price in runner.traded]
            changes.append({"trd": zeros, "tv": 0.0, "id": runner.selection_id})
        return self._message(publish_time, rc=changes)

    def _definition(self, publish_time: int, **course: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        self._version += 1
        is_closed = course.get("status") == "CLOSED"
        runners = [
            self._runner_definition(number, is_closed=is_closed) for number in range(len(self._runners))
        ]
        definition = {
            "bspMarket": True, "turnInPlayEnabled": True, "persistenceEnabled": True, "marketBaseRate": 5.0,
            "eventId": "30000001", "eventTypeId": "7", "numberOfWinners": 1, "bettingType": "ODDS",
            "marketType": "WIN", "marketTime": _iso(OFF_MS), "suspendTime": _iso(OFF_MS),
            "bspReconciled": False, "complete": True, "inPlay": False, "crossMatching": True,
            "runnersVoidable": False, "numberOfActiveRunners": 0 if is_closed else len(self._runners),
            "betDelay": 0, "status": "OPEN",
            **course,
            "runners": runners,
            "regulators": ["MR_INT"], "venue": "Nowhere Park", "countryCode": "GB", "discountAllowed": True,
            "timezone": "Europe/London", "openDate": _iso(OFF_MS), "version": self._version,
            "name": "6f Hcap", "eventName": "Nowhere Park 15th Jun",
        }  # fmt: skip
        return self._message(publish_time, marketDefinition=definition, rc=[])

    def _runner_definition(self, number: int, *, is_closed: bool) -> dict[str, Any]:
        runner = self._runners[number]
        result = "WINNER" if number == WINNER else "LOSER"
        return {
            "adjustmentFactor": round(100 / RUNNERS[number][1], 2),
            "status": result if is_closed else "ACTIVE",
            "sortPriority": number + 1,
            **({} if runner.starting_price is None else {"bsp": runner.starting_price}),
            "id": runner.selection_id,
            "name": runner.name,
        }


def made_up_lines(*, messages: int = 2000, seed: int = 1) -> Iterator[bytes]:
    """
    Yield the lines of a made-up tape, with their line ends.

    Args:
        messages: How many, at least 20.
        seed: Another seed, another race.
    """
    for message in Race(seed).messages(messages):
        yield json.dumps(message, separators=(",", ":")).encode() + b"\n"


def write_made_up_tape(path: Path, *, messages: int = 2000, seed: int = 1) -> None:
    """Write a made-up tape: compressed, as Betfair delivers it, if *path* ends in ``.bz2``, else plain."""
    data = b"".join(made_up_lines(messages=messages, seed=seed))
    path.write_bytes(bz2.compress(data) if path.suffix == ".bz2" else data)


def main() -> None:
    """Write a tape to where the command line says."""
    parser = argparse.ArgumentParser(
        description="Make up a small tape in Betfair's official historic format."
    )
    parser.add_argument("file", type=Path, help="where to write it; .bz2 is compressed, anything else plain")
    parser.add_argument("--messages", type=int, default=2000, help="how many (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another race (default: 1)")
    options = parser.parse_args()
    write_made_up_tape(options.file, messages=options.messages, seed=options.seed)


if __name__ == "__main__":
    main()
