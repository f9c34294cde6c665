"""One made-up market from its first definition to its last, as anybody reads it."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.matching.orders import EventKind
from betflow.exchange.matching.venue import Executed, Venue
from betflow.exchange.observed_auction import AuctionFold, RunnerAuction
from betflow.sandbox.generator.course import MarketCard, Removed, Settled
from betflow.sandbox.generator.day import Day, Event, Programme
from betflow.sandbox.generator.publisher import Plan
from betflow.wire.betting import LimitOrder, MarketOnCloseOrder, PlaceInstruction, PlaceOrders
from betflow.wire.enums import InstructionReportStatus, MarketStatus, OrderType, RunnerStatus, Side
from betflow.wire.stream import MarketChangeMessage, decode_market_change

DAY = 1_783_123_200_000
"""2026-07-04."""

KINDS = ("WIN", "PLACE", "EACH_WAY", "greyhounds", "MATCH_ODDS", "CORRECT_SCORE", "ASIAN_HANDICAP", "tennis")


def _day(plan: Plan = Plan.PRO, conflate_ms: int = 0, **counts: int) -> Day:
    nothing = {"races": 0, "greyhounds": 0, "football": 0, "tennis": 0}
    return Day(Programme(seed=3, day=DAY, **(nothing | counts)), plan=plan, conflate_ms=conflate_ms)


@cache
def _markets(plan: Plan = Plan.PRO, conflate_ms: int = 0) -> dict[str, tuple[MarketCard, tuple[bytes, ...]]]:
    day = _day(plan, conflate_ms, races=1, greyhounds=1, football=1, tennis=1)
    made: dict[str, tuple[MarketCard, tuple[bytes, ...]]] = {}
    for event in day.events:
        for market in day.markets(event):
            lines = tuple(change.official_line() for change in market.changes)
            kind = {"4339": "greyhounds", "2": "tennis"}.get(
                market.card.event_type_id, market.card.market_type
            )
            made.setdefault(kind, (market.card, lines))
    return made


def _lines(kind: str, plan: Plan = Plan.PRO, conflate_ms: int = 0) -> tuple[bytes, ...]:
    return _markets(plan, conflate_ms)[kind][1]


def _messages(kind: str, plan: Plan = Plan.PRO, conflate_ms: int = 0) -> Iterator[MarketChangeMessage]:
    return map(decode_market_change, _lines(kind, plan, conflate_ms))


def _books(kind: str) -> Iterator[MarketBook]:
    return MarketBooks().fold(_messages(kind))


def _definitions(kind: str) -> list[dict[str, Any]]:
    changes = [json.loads(line)["mc"][0] for line in _lines(kind)]
    return [change["marketDefinition"] for change in changes if "marketDefinition" in change]


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_message_is_a_definition(kind: str) -> None:
    """A market begins with an open definition before any price."""
    first = json.loads(_lines(kind)[0])["mc"][0]

    assert "OPEN" == first["marketDefinition"]["status"]
    assert [] == first["rc"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_message_settles(kind: str) -> None:
    """A market ends closed, with the time of settlement and a result for each runner."""
    last = _definitions(kind)[-1]

    assert "CLOSED" == last["status"]
    assert 0 == last["numberOfActiveRunners"]
    assert "settledTime" in last
    assert "ACTIVE" not in {runner["status"] for runner in last["runners"]}


@pytest.mark.parametrize("kind", KINDS)
def test_no_message_is_earlier_than_the_one_before(kind: str) -> None:
    """Publish times of a market only grow."""
    times = [message.pt for message in _messages(kind)]

    assert sorted(set(times)) == times


@pytest.mark.parametrize("kind", KINDS)
def test_each_definition_has_a_version_of_its_own(kind: str) -> None:
    """Versions only grow."""
    versions = [definition["version"] for definition in _definitions(kind)]

    assert sorted(set(versions)) == versions


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_offered_a_better_price_than_somebody_takes(kind: str) -> None:
    """While a market is open the best price to back is below the best price to lay, after every message."""
    for book in _books(kind):
        if book.status == MarketStatus.OPEN:
            for runner in book.changed_runners:
                if runner.best_back is not None and runner.best_lay is not None:
                    assert runner.best_back < runner.best_lay


@pytest.mark.parametrize("kind", KINDS)
def test_volumes_agree(kind: str) -> None:
    """A runner's volume is that of its prices, and the market's that of its runners, to the penny."""
    for book in _books(kind):
        for runner in book.changed_runners:
            volume = sum(runner.traded.values())
            assert (runner.total_matched or 0) == pytest.approx(volume, abs=0.005)
        if book.change is not None and book.change.tv is not None:
            volumes = sum(runner.total_matched or 0 for runner in book.runners)
            assert book.change.tv == pytest.approx(volumes, abs=0.005)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_trades_while_a_market_is_suspended_but_in_the_auction(kind: str) -> None:
    """No volume grows between a suspension and what comes after it, unless starting prices are known."""
    for book in _books(kind):
        if book.status == MarketStatus.SUSPENDED and book.change is not None:
            grown = [size for change in book.change.rc or () for _, size in change.trd or ()]
            assert not any(grown) or any(runner.starting_price for runner in book.runners)


def _auctions(kind: str) -> tuple[RunnerAuction, ...]:
    fold = AuctionFold(_markets()[kind][0].market_id)
    for message in _messages(kind):
        for change in message.mc or ():
            fold.apply(change, message.pt)
    return fold.runners()


@pytest.mark.parametrize("kind", ["WIN", "PLACE", "greyhounds"])
def test_the_auction_obeys_the_law_of_recorded_ones(kind: str) -> None:
    """The starting price is the average of the exchange bets that were taken, the best prices whole."""
    taken = [runner for runner in _auctions(kind) if runner.volume]

    assert taken
    for runner in taken:
        assert float(runner.average or 0) == pytest.approx(runner.bsp, rel=1e-6)
        assert runner.derived == pytest.approx(runner.bsp, rel=1e-9)
        for level in runner.levels[:-1]:
            assert level.displayed == level.taken + level.untraded


@pytest.mark.parametrize("kind", ["WIN", "PLACE"])
def test_the_starting_price_is_reconciled_in_betfairs_order(kind: str) -> None:
    """Suspended; prices; traded and moved; reconciled; pools collapsed; the rest lapses; in play."""
    lines = [json.loads(line)["mc"][0] for line in _lines(kind)]
    first = next(
        number
        for number, change in enumerate(lines)
        if any("bsp" in runner for runner in change.get("marketDefinition", {}).get("runners", []))
    )
    suspended, priced, moved, reconciled, collapsed, lapsed, in_play = lines[first - 1 : first + 6]

    assert ("SUSPENDED", False) == _state(suspended)
    assert ("SUSPENDED", False) == _state(priced)
    assert {"atb", "atl", "spb", "spl", "trd", "ltp", "tv", "id"} >= {
        key for change in moved["rc"] for key in change
    }
    assert moved["rc"]
    assert ("SUSPENDED", True) == _state(reconciled)
    assert all({"spb", "spl"} & change.keys() for change in collapsed["rc"])
    assert {"atb", "atl", "id"} >= {key for change in lapsed["rc"] for key in change}
    assert ("OPEN", True) == _state(in_play)
    assert in_play["marketDefinition"]["inPlay"]
    assert 1 == in_play["marketDefinition"]["betDelay"]


def _state(change: dict[str, Any]) -> tuple[str, bool]:
    definition = change["marketDefinition"]
    return definition["status"], definition["bspReconciled"]


@pytest.mark.parametrize("kind", ["WIN", "PLACE", "greyhounds"])
def test_pools_are_left_with_what_meets_at_the_starting_price(kind: str) -> None:
    """After the reconciliation stakes times winnings are the liabilities and what the exchange brought."""
    checked = 0
    exchange = {runner.selection_id: _brought(runner) for runner in _auctions(kind)}
    for book in _books(kind):
        if book.definition is not None and book.definition.bsp_reconciled and not book.is_closed:
            for runner in book.changed_runners:
                price = runner.starting_price
                if price is None or not runner.back_stake_taken or not runner.lay_liability_taken:
                    continue
                if set(runner.back_stake_taken) | set(runner.lay_liability_taken) == {price}:
                    stake, liability = runner.back_stake_taken[price], runner.lay_liability_taken[price]
                    brought = exchange[runner.selection_id]
                    assert liability + brought == pytest.approx(stake * (price - 1), abs=0.02 + 0.021 * price)
                    checked += 1
    assert checked


def _brought(runner: RunnerAuction) -> float:
    """Return the liability that the lays of an auction bring, or what its backs need as a negative one."""
    return -(runner.side or Side.BACK).sign * float(
        sum(level.taken * (Decimal(repr(level.price)) - 1) for level in runner.levels)
    )


def test_orders_that_do_not_persist_are_gone_in_play() -> None:
    """When a win market turns in play less than half of the offered sizes are left."""
    before, after = 0.0, 0.0
    for book in _books("WIN"):
        size = sum(sum(runner.available_to_back.values()) for runner in book.runners)
        if book.in_play:
            after = size
            break
        if book.status == MarketStatus.OPEN:
            before = size
    assert after < before / 2


def test_volumes_are_zeroed_before_the_end() -> None:
    """The message before the last deletes all volumes, as Betfair does."""
    zeroed = json.loads(_lines("WIN")[-2])["mc"][0]
    sizes = {size for change in zeroed["rc"] for _, size in change.get("trd", [])}

    assert {0} == sizes


def test_a_market_that_does_not_turn_in_play_says_so() -> None:
    """An each-way market is never in play, and has no starting price."""
    definitions = _definitions("EACH_WAY")

    assert not any(definition["inPlay"] or definition["bspMarket"] for definition in definitions)


def test_an_event_is_shared_by_its_markets() -> None:
    """Win, place and each-way market have the event, the off and the runners in common."""
    cards = [_markets()[kind][0] for kind in ("WIN", "PLACE", "EACH_WAY")]
    facts = {
        (card.event_id, card.market_time, tuple(runner.selection_id for runner in card.runners))
        for card in cards
    }

    assert 1 == len(facts)


def test_a_removed_runner_is_offered_nowhere() -> None:
    """Once a runner is removed nobody offers it any more, in any market of its race."""
    day = _day(races=20)
    found = 0
    for event in day.events[:8]:
        for market in day.markets(event):
            messages = (decode_market_change(change.official_line()) for change in market.changes)
            for number, book in enumerate(MarketBooks().fold(messages)):
                removed = [each for each in book.runners if each.status == RunnerStatus.REMOVED]
                found += len(removed)
                settled_down = book.status == MarketStatus.OPEN
                assert not settled_down or not any(
                    each.available_to_back or each.available_to_lay for each in removed
                )
                if number > 1500:
                    break
    assert found


def test_a_non_runner_reduces_what_layers_may_lose() -> None:
    """With a non-runner of factor R the liabilities on a runner of factor F keep 1 - R / (100 - F)."""
    day = _day(races=20)
    plots = {event.number: event.plots()[0] for event in day.events}
    event = next(
        each for each in day.events if any(isinstance(step, Removed) for step in plots[each.number].steps)
    )
    removal = next(step for step in plots[event.number].steps if isinstance(step, Removed))
    runners = plots[event.number].card.runners
    number = next(each for each in range(len(runners)) if each != removal.runner)
    factors = [runner.adjustment_factor or 0 for runner in runners]
    kept = 1 - factors[removal.runner] / (100 - factors[number])
    pools: list[float] = []

    for change in day.markets(event)[0].changes:
        if change.publish_time > removal.at + 1_000:
            break
        pools += [
            dict(each.spb)[1000.0]
            for market in decode_market_change(change.official_line()).mc or ()
            for each in market.rc or ()
            if each.id == runners[number].selection_id and each.spb and 1000.0 in dict(each.spb)
        ]

    assert pools[-2] * kept == pytest.approx(pools[-1], abs=0.011)


def _with_a_removal(status: RunnerStatus) -> list[dict[str, Any]]:
    """Return the changes of the first greyhound market that has a runner of that status."""
    day = _day(greyhounds=120)
    for event in day.events:
        plot = event.plots()[0]
        last = plot.steps[-1]
        if isinstance(last, Settled) and status in last.statuses:
            market = day.markets(event)[0]
            return [json.loads(change.official_line())["mc"][0] for change in market.changes]
    pytest.fail(f"no runner is {status}")


def test_a_greyhound_in_reserve_takes_the_trap() -> None:
    """Where a greyhound is removed another comes in with its place on the card, and runs."""
    last = _with_a_removal(RunnerStatus.REMOVED)[-1]["marketDefinition"]["runners"]
    gone = next(runner for runner in last if runner["status"] == "REMOVED")
    reserve = last[-1]

    assert 7 == len(last)
    assert gone["sortPriority"] == reserve["sortPriority"]
    assert reserve["name"].endswith("(Res)")
    assert reserve["status"] in ("WINNER", "LOSER")
    assert "NaN" == gone["bsp"]
    assert "NaN" != reserve["bsp"]


def test_a_vacant_trap_stays_empty() -> None:
    """Where no reserve comes in five runners are left, and the trap is vacant to the end."""
    last = _with_a_removal(RunnerStatus.REMOVED_VACANT)[-1]["marketDefinition"]["runners"]

    assert 6 == len(last)
    assert 1 == sum(runner["status"] == "REMOVED_VACANT" for runner in last)


def test_a_removal_voids_greyhound_bets_but_not_those_at_the_starting_price() -> None:
    """With a removal every offer disappears, and of the pools only that of the removed greyhound does."""
    changes = _with_a_removal(RunnerStatus.REMOVED_VACANT)
    at = next(
        number
        for number, change in enumerate(changes)
        if any(
            each["status"] == "REMOVED_VACANT"
            for each in change.get("marketDefinition", {}).get("runners", [])
        )
    )
    gone = next(
        each["id"] for each in changes[at]["marketDefinition"]["runners"] if each["status"] != "ACTIVE"
    )
    cleared = changes[at + 1]["rc"]

    assert {0} == {size for each in cleared for side in ("atb", "atl") for _, size in each.get(side, [])}
    assert {gone} == {each["id"] for each in cleared if "spl" in each or "spb" in each}


@pytest.mark.parametrize("kind", ["WIN", "MATCH_ODDS"])
def test_conflation_merges_changes(kind: str) -> None:
    """With a conflation of 5 s no two changes of prices are nearer to each other, but for definitions."""
    times = [
        message.pt
        for message in _messages(kind, Plan.PRO, 5_000)
        if all(change.market_definition is None for change in message.mc or ())
    ]
    near = sum(later - earlier < 5_000 for earlier, later in pairwise(times))
    definitions = len(_definitions(kind))

    assert near <= 3 * definitions
    assert len(times) < len(_lines(kind)) / 2


def test_basic_has_last_prices_only() -> None:
    """The runners of a BASIC file have a last price traded and nothing else."""
    changes = [json.loads(line)["mc"][0] for line in _lines("WIN", Plan.BASIC)]
    keys = {key for change in changes for runner in change["rc"] for key in runner}

    assert {"ltp", "id"} == keys


def test_advanced_has_three_levels() -> None:
    """The runners of an ADVANCED file have three levels and volumes, and no full depth."""
    changes = [json.loads(line)["mc"][0] for line in _lines("WIN", Plan.ADVANCED)]
    runners = [runner for change in changes for runner in change["rc"]]
    levels = {entry[0] for runner in runners for entry in runner.get("batb", [])}

    assert {"batb", "batl", "trd", "ltp", "tv", "id"} == {key for runner in runners for key in runner}
    assert {0, 1, 2} == levels


def test_the_plans_tell_of_the_same_bets() -> None:
    """The volumes at the off are the same in PRO, in ADVANCED and conflated to 5 s."""
    volumes = set()
    for plan, conflate_ms in ((Plan.PRO, 0), (Plan.ADVANCED, 0), (Plan.PRO, 5_000)):
        suspended = next(
            book
            for book in MarketBooks().fold(_messages("EACH_WAY", plan, conflate_ms))
            if book.status == MarketStatus.SUSPENDED and (book.total_matched or 0) > 1_000
        )
        volumes.add(suspended.total_matched)

    assert 1 == len(volumes)


def test_the_plans_tell_of_one_market() -> None:
    """The result of a market does not depend on how much of it is published."""
    results = {
        tuple(
            runner["status"]
            for runner in json.loads(_lines("WIN", plan)[-1])["mc"][0]["marketDefinition"]["runners"]
        )
        for plan in Plan
    }

    assert 1 == len(results)


# Orders of our own meet the flow.


def _host(kind: str, submit: Callable[[Venue, MarketBook], bool]) -> tuple[Venue, list[Any]]:
    """Let a venue follow a market; *submit* is called until it says that it has submitted."""
    venue, books, events = Venue(), MarketBooks(), []
    waiting = True
    for message in _messages(kind):
        if venue.due < message.pt:
            events += venue.advance(message.pt - 1)
        for book in books.apply(message):
            events += venue.apply(book)
            if waiting and book.change is not None and book.change.market_definition is None:
                waiting = not submit(venue, book)
    return venue, events


def _place(book: MarketBook, instruction: PlaceInstruction) -> PlaceOrders:
    return PlaceOrders(market_id=book.market_id, instructions=(instruction,))


def test_an_order_takes_what_is_displayed() -> None:
    """A back at the best price that is displayed is matched at once by the venue that follows the market."""

    def submit(venue: Venue, book: MarketBook) -> bool:
        runner = next((each for each in book.runners if each.best_back and each.best_back < 20), None)
        if runner is None or runner.best_back is None or runner.available_to_back[runner.best_back] < 2:
            return False
        order = LimitOrder(price=runner.best_back, size=2.0)
        instruction = PlaceInstruction(
            selection_id=runner.selection_id, side=Side.BACK, order_type=OrderType.LIMIT, limit_order=order
        )
        venue.submit(_place(book, instruction), book.publish_time)
        return True

    venue, events = _host("WIN", submit)
    executed = next(event for event in events if isinstance(event, Executed))

    assert [InstructionReportStatus.SUCCESS] == [
        each.status for each in executed.report.instruction_reports or ()
    ]
    assert 200 == next(iter(venue.orders.values())).matched[1]


def test_an_order_on_close_is_matched_at_the_starting_price() -> None:
    """A back at the starting price is matched for its stake when the market is reconciled."""

    def submit(venue: Venue, book: MarketBook) -> bool:
        runner = book.runners[0]
        instruction = PlaceInstruction(
            selection_id=runner.selection_id,
            side=Side.BACK,
            order_type=OrderType.MARKET_ON_CLOSE,
            market_on_close_order=MarketOnCloseOrder(liability=5.0),
        )
        venue.submit(_place(book, instruction), book.publish_time)
        return True

    _, events = _host("WIN", submit)
    matched = [event for event in events if getattr(event, "kind", None) is EventKind.MATCHED]

    assert [500] == [event.amounts[1] for event in matched]


# A day as a whole.


def test_a_day_is_in_the_order_of_time() -> None:
    """The lines of a day are those of its markets, ordered by publish time."""
    day = _day(races=1, greyhounds=2, tennis=1)
    streamed = list(day.lines())
    apart = [
        change.official_line()
        for event in day.events
        for market in day.markets(event)
        for change in market.changes
    ]

    assert sorted(apart) == sorted(line for _, line in streamed)
    assert sorted(time for time, _ in streamed) == [time for time, _ in streamed]


def test_a_day_is_made_up_as_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a day is at its first market no later event has been made up."""
    opened: list[int] = []
    markets = Day.markets

    def counting(day: Day, event: Event) -> Any:  # noqa: ANN401 - as the method it stands for
        opened.append(event.number)
        return markets(day, event)

    monkeypatch.setattr(Day, "markets", counting)
    day = _day(races=3, tennis=3)
    lines = day.lines()
    for _ in range(5):
        next(lines)

    assert [day.events[0].number] == opened


def test_another_seed_is_another_day() -> None:
    """No line of a day is in that of another seed."""
    days = [
        Day(Programme(seed=seed, day=DAY, races=0, greyhounds=1, football=0, tennis=0)) for seed in (1, 2)
    ]
    first, second = ({line for _, line in day.lines()} for day in days)

    assert not first & second


def test_a_part_of_a_day_does_not_depend_on_the_rest() -> None:
    """The first race is the same however many there are."""
    short, long = _day(races=1), _day(races=9)
    first = next(event for event in long.events if event.number == 0)

    assert next(iter(short.markets(short.events[0]))).card == next(iter(long.markets(first))).card
