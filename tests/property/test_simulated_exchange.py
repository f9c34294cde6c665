"""The laws of the simulated exchange: of money, of what is streamed, and of how bets end."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from hypothesis import example, given, settings
from hypothesis import strategies as st

from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.matching.orders import Case
from betflow.exchange.money import money
from betflow.exchange.order_books import OrderBooks
from betflow.wire.enums import BetStatus, GroupBy, OrderProjection, Side
from betflow.wire.stream import MarketChangeMessage
from changes import MARKET
from courses import EVERYTHING, Playing, Remove, Send, Step, TurnInPlay, Wait, racing, scripts
from exchange_scenes import ACCOUNT, ExchangeScene, differences
from scenes import BACK, LAY, limit

_courses = scripts(*EVERYTHING, runners=2)
_winner = st.integers(1, 3)
_LAW = settings(max_examples=40)
"""Each example is a whole market, looked at after every step."""


def _begin() -> tuple[ExchangeScene, Playing]:
    scene = racing(ExchangeScene)
    assert isinstance(scene, ExchangeScene)
    return scene, Playing(scene)


def _played(script: Sequence[Step], winner: int | None = None) -> ExchangeScene:
    scene, playing = _begin()
    for step in script:
        playing.play(step)
    if winner is not None:
        scene.settle(winner)
    return scene


def _commission(scene: ExchangeScene) -> Decimal:
    return sum((money(each.commission or 0) for each in scene.cleared(group_by=GroupBy.MARKET)), Decimal(0))


@_LAW
@given(_courses, _winner)
def test_money_is_what_came_in_less_what_is_at_risk(script: list[Step], winner: int) -> None:
    """Available is at every moment the deposit and profits less commission and exposure, to the penny."""
    scene, playing = _begin()
    steps: list[Step | None] = [*script, None]
    for step in steps:
        if step is None:
            scene.settle(winner)
        else:
            playing.play(step)
        funds = scene.exchange.funds(ACCOUNT)
        profits = sum((money(each.profit or 0) for each in scene.cleared()), Decimal(0))
        left = money(funds.available_to_bet_balance or 0) - money(funds.exposure or 0)

        assert Decimal(10_000) + profits - _commission(scene) == left
    assert 0.0 == scene.exchange.funds(ACCOUNT).exposure


@_LAW
@given(_courses, _winner, _winner)
def test_the_statement_adds_up(script: list[Step], winner: int, other: int) -> None:
    """The amounts of the statement add up to each row's balance, and in the end to what is available."""
    scene = _played(script, winner)
    scene.settle(other)
    balance = Decimal(0)
    for row in scene.statement():
        balance += money(row.amount or 0)
        assert money(row.balance or 0) == balance

    assert money(scene.exchange.funds(ACCOUNT).available_to_bet_balance or 0) == balance


@_LAW
@given(_courses)
@example([Send(limit(BACK, 3.0, 2.0)), Remove(2, 20.0)])
def test_what_is_streamed_is_what_is_current(script: list[Step]) -> None:
    """After every step the fold of the order stream is the current orders."""
    scene, playing = _begin()
    for step in script:
        playing.play(step)
        assert [] == differences(scene.orders, scene.current())


@_LAW
@given(_courses, st.integers(0, 20))
def test_a_client_that_comes_later_sees_the_same(script: list[Step], later: int) -> None:
    """Whenever a subscription begins, its image and what follows give the same positions and open orders."""
    scene, playing = _begin()
    late: OrderBooks | None = None
    for number, step in enumerate(script):
        if number == min(later, len(script) - 1):
            late = scene.follow()
        playing.play(step)

    assert late is not None
    executable = {each.bet_id for each in scene.current(order_projection=OrderProjection.EXECUTABLE)}
    assert _positions(scene.orders) == _positions(late) == _positions(scene.new_client())
    assert executable == _executable(late) == _executable(scene.new_client())


def _positions(client: OrderBooks) -> dict[object, object]:
    """Return what is matched on each runner, over all and by strategy, where there is something."""
    return {
        (market_id, runner.selection_id): (
            runner.matched.backs,
            runner.matched.lays,
            {
                name: (each.backs, each.lays)
                for name, each in runner.matched_of_strategy.items()
                if each.backs or each.lays
            },
        )
        for market_id, book in client.books.items()
        for runner in book.runners.values()
        if runner.matched.backs or runner.matched.lays
    }


def _executable(client: OrderBooks) -> set[str]:
    return {
        order.id
        for book in client.books.values()
        for runner in book.runners.values()
        for order in runner.executable
    }


@_LAW
@given(_courses, _winner)
@example([Send(limit(BACK, 3.0, 2.0)), TurnInPlay(2), Send(limit(LAY, 3.0, 2.0)), Wait(1)], 1)
def test_every_penny_of_an_order_ends_in_one_way(script: list[Step], winner: int) -> None:
    """Of a closed market's orders all of the size is settled, void, lapsed or cancelled, each part once."""
    scene = _played(script, winner)
    ended: dict[str, int] = {}
    for status in BetStatus:
        for each in scene.cleared(status):
            size = each.size_settled if status is BetStatus.SETTLED else each.size_cancelled
            ended[each.bet_id or ""] = ended.get(each.bet_id or "", 0) + round((size or 0) * 100)

    sizes = {order.bet_id: order.size[Case.EXPECTED] for order in scene.venue.orders.values()}
    assert [] == scene.current()
    assert {bet_id: size for bet_id, size in sizes.items() if size} == ended


@_LAW
@given(_courses, _winner)
def test_all_roll_ups_come_to_the_same(script: list[Step], winner: int) -> None:
    """The profits of bets add up to the profit on every level, and so does commission."""
    scene = _played(script, winner)
    profits = {by: sum(money(each.profit or 0) for each in scene.cleared(group_by=by)) for by in GroupBy}
    counts = {by: sum(each.bet_count or 0 for each in scene.cleared(group_by=by)) for by in GroupBy}
    with_commission = (GroupBy.MARKET, GroupBy.EVENT, GroupBy.EVENT_TYPE, GroupBy.STRATEGY)
    commissions = {
        sum(money(each.commission or 0) for each in scene.cleared(group_by=by)) for by in with_commission
    }

    assert 1 == len(set(profits.values()))
    assert 1 == len(set(counts.values()))
    assert 1 == len(commissions)


@_LAW
@given(_courses, _winner)
def test_whoever_folds_what_is_published_sees_it(script: list[Step], winner: int) -> None:
    """The changes that are told lead to the books that are shown: the feed's, with unmatched bets on top."""
    client = MarketBooks()

    def follow(book: MarketBook) -> None:
        if book.change is not None:
            client.apply(MarketChangeMessage(pt=book.publish_time, mc=[book.change]))

    scene = racing(partial(ExchangeScene, follow=follow))
    assert isinstance(scene, ExchangeScene)
    playing = Playing(scene)
    for step in script:
        playing.play(step)
        assert _ladders(scene.exchange.books[MARKET]) == _ladders(client.books[MARKET])
        if playing.is_open:
            assert _displayed(scene.exchange.books[MARKET]) == _expected(scene)
    scene.settle(winner)
    assert _ladders(scene.exchange.books[MARKET]) == _ladders(client.books[MARKET])


def _ladders(book: MarketBook) -> dict[int, tuple[dict[float, float], ...]]:
    return {
        runner.selection_id: (
            runner.available_to_back,
            runner.available_to_lay,
            runner.traded,
            runner.back_stake_taken,
            runner.lay_liability_taken,
        )
        for runner in book.runners
    }


def _displayed(book: MarketBook) -> dict[tuple[int, Side, float], int]:
    return {
        (runner.selection_id, side, price): round(size * 100)
        for runner in book.runners
        for side, ladder in ((BACK, runner.available_to_back), (LAY, runner.available_to_lay))
        for price, size in ladder.items()
    }


def _expected(scene: ExchangeScene) -> dict[tuple[int, Side, float], int]:
    """Return what the feed displays, less what was taken of it, and with what rests on top."""
    displayed = _displayed(scene.exchange._books.books[MARKET])
    for runner, _, side, price, rests, taken in scene.venue.differences(MARKET):
        key = (runner, side, price)
        displayed[key] = max(0, displayed.get(key, 0) - taken) + rests
    return {key: pennies for key, pennies in displayed.items() if pennies}
