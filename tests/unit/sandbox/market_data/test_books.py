"""listMarketBook and listRunnerBook: the book as Betfair tells of it."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from betflow.exchange.snapshot import json_ready
from betflow.sandbox.market_data import AccountOrder, Markets
from betflow.sandbox.market_data.books import list_market_book, list_runner_book
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.book import ListMarketBook, ListRunnerBook, MarketBook, Match, Order, Runner
from sandbox_markets import of_tapes, small_day
from tapes import shared_responses, tape

WIN = "1.205822330"


@pytest.fixture(scope="module")
def settled() -> Markets:
    """Return a place market with removed runners, after its tape."""
    (*_, markets) = of_tapes(tape(WIN))
    return markets


def asked(*market_ids: str, **more: Any) -> ListMarketBook:  # noqa: ANN401 - as in JSON
    """Return a request, written as JSON has it."""
    return msgspec.convert({"marketIds": market_ids, **more}, ListMarketBook)


def prices(*data: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
    """Return a price projection."""
    return {"priceProjection": {"priceData": data, **more}}


def the_book(markets: Markets, request: ListMarketBook) -> MarketBook:
    """Return the only book of an answer."""
    (book,) = list_market_book(markets, request)
    return book


def first_market() -> str:
    """Return the id of a win market of the small day."""
    markets = small_day()
    return next(
        each.listing.market_id for each in markets.published() if each.definition.market_type == "WIN"
    )


def first_runner(book: MarketBook) -> Runner:
    """Return a book's first runner."""
    assert book.runners
    return book.runners[0]


def test_a_book_has_no_prices_unless_asked_for() -> None:
    """Without a projection there are neither exchange nor starting prices, but volumes and last prices."""
    runner = first_runner(the_book(small_day(), asked(first_market())))

    assert (None, None) == (runner.ex, runner.sp)
    assert runner.total_matched


def test_best_offers_are_three_a_side_unless_told() -> None:
    """EX_BEST_OFFERS has the three best prices of each side, and no volumes."""
    runner = first_runner(the_book(small_day(), asked(first_market(), **prices("EX_BEST_OFFERS"))))

    assert runner.ex is not None
    assert runner.ex.available_to_back is not None
    assert 3 == len(runner.ex.available_to_back)
    assert () == runner.ex.traded_volume


def test_all_offers_beat_best_offers() -> None:
    """Where both are asked for, every price is in the answer."""
    both = prices("EX_BEST_OFFERS", "EX_ALL_OFFERS")
    book = small_day().books[first_market()]

    runner = first_runner(the_book(small_day(), asked(first_market(), **both)))

    assert runner.ex is not None
    assert runner.ex.available_to_back is not None
    assert book.runners[0].back_ladder == [(each.price, each.size) for each in runner.ex.available_to_back]


def test_a_delayed_key_sees_three_prices_and_no_volumes() -> None:
    """With a delayed app key there are three prices a side, no volumes of runners and no projected prices."""
    delayed = replace(small_day(), is_delayed=True)
    everything = prices(
        "EX_ALL_OFFERS", "EX_TRADED", "SP_AVAILABLE", exBestOffersOverrides={"bestPricesDepth": 9}
    )

    book = the_book(delayed, asked(first_market(), **everything))
    runner = first_runner(book)

    assert book.is_market_data_delayed
    assert book.total_matched
    assert 0.0 == runner.total_matched
    assert runner.ex is not None
    assert runner.ex.available_to_lay is not None
    assert (3, ()) == (len(runner.ex.available_to_lay), runner.ex.traded_volume)
    assert runner.sp is not None
    assert (None, None) == (runner.sp.near_price, runner.sp.far_price)


def test_projected_starting_prices() -> None:
    """SP_AVAILABLE has the projected prices and the pools, but no starting price before the off."""
    runner = first_runner(the_book(small_day(), asked(first_market(), **prices("SP_AVAILABLE"))))

    assert runner.sp is not None
    assert runner.sp.near_price
    assert runner.sp.actual_sp is None


def test_a_settled_market(settled: Markets) -> None:
    """A closed market has results and starting prices, and no offers; a removed runner has no prices."""
    book = the_book(settled, asked(WIN, **prices("EX_ALL_OFFERS", "SP_TRADED")))
    assert book.runners is not None
    winners = [runner for runner in book.runners if runner.status == "WINNER"]
    removed = [runner for runner in book.runners if runner.status == "REMOVED"]

    assert ("CLOSED", 0.0, 0) == (book.status, book.total_available, book.number_of_active_runners)
    assert (3, 3) == (len(winners), len(removed))
    assert all(runner.sp and runner.sp.actual_sp and runner.ex == winners[0].ex for runner in winners)
    assert [None] * 3 == [runner.last_price_traded for runner in removed]
    assert all(runner.removal_date and runner.adjustment_factor for runner in removed)


def test_closed_markets_are_left_out_of_a_mixture(settled: Markets) -> None:
    """Of open and closed markets together, only the open ones are answered; unknown ones never."""
    open_books = dict(small_day().books) | dict(settled.books)

    def listing(market_id: str) -> Any:  # noqa: ANN401 - of either
        return small_day().listing(market_id) or settled.listing(market_id)

    both = replace(small_day(), books=open_books, listing=listing)

    answered = list_market_book(both, asked(WIN, first_market(), "1.999"))

    assert [first_market()] == [book.market_id for book in answered]


def test_a_runner_book_has_one_runner() -> None:
    """ListRunnerBook has the market with the runner asked for; with an unknown one, the market alone."""
    runner = small_day().books[first_market()].runners[1]

    (one,) = list_runner_book(
        small_day(), ListRunnerBook(market_id=first_market(), selection_id=runner.selection_id)
    )
    (none,) = list_runner_book(small_day(), ListRunnerBook(market_id=first_market(), selection_id=1))

    assert one.runners is not None
    assert [runner.selection_id] == [each.selection_id for each in one.runners]
    assert () == none.runners
    assert one.number_of_runners == none.number_of_runners


def test_depths_that_cannot_be_are_refused() -> None:
    """A depth below one is invalid input; one above ten is taken for ten."""
    too_few = prices("EX_BEST_OFFERS", exBestOffersOverrides={"bestPricesDepth": 0})
    with pytest.raises(ServiceRefusal, match="INVALID_INPUT_DATA"):
        list_market_book(small_day(), asked(first_market(), **too_few))

    many = prices("EX_BEST_OFFERS", exBestOffersOverrides={"bestPricesDepth": 100})
    runner = first_runner(the_book(small_day(), asked(first_market(), **many)))
    assert runner.ex is not None
    assert runner.ex.available_to_back is not None
    assert len(runner.ex.available_to_back) <= 10


def order(
    bet_id: str, strategy: str | None, *matches: tuple[float, float], status: str = "EXECUTABLE"
) -> Order:
    """Return an order with its reference."""
    return Order(
        bet_id=bet_id,
        order_type="LIMIT",
        status=status,
        side="BACK",
        price=3.0,
        size=10.0,
        placed_date="2026-11-02T12:00:00.000Z",
        size_matched=sum(size for _, size in matches),
        customer_strategy_ref=strategy,
    )


def with_orders() -> Markets:
    """Return the small day with two orders on the first runner of the first market."""
    selection_id = small_day().books[first_market()].runners[0].selection_id

    def orders(market_id: str) -> list[AccountOrder]:
        parts = {"1": [(3.0, 2.0), (3.2, 2.0)], "2": [(3.0, 4.0)]}
        return [
            AccountOrder(
                selection_id,
                0.0,
                order(bet_id, strategy, *parts[bet_id], status=status),
                tuple(
                    Match(side="BACK", price=price, size=size, bet_id=bet_id) for price, size in parts[bet_id]
                ),
            )
            for bet_id, strategy, status in (("1", "a", "EXECUTABLE"), ("2", None, "EXECUTION_COMPLETE"))
            if market_id == first_market()
        ]

    return replace(small_day(), orders=orders)


@pytest.mark.parametrize(
    ("projection", "expected"),
    [
        ("NO_ROLLUP", [(3.0, 2.0), (3.2, 2.0), (3.0, 4.0)]),
        ("ROLLED_UP_BY_PRICE", [(3.0, 6.0), (3.2, 2.0)]),
        ("ROLLED_UP_BY_AVG_PRICE", [(3.05, 8.0)]),
    ],
)
def test_matches_are_put_together(projection: str, expected: list[tuple[float, float]]) -> None:
    """Matches are shown one by one, by price, or at their average price."""
    runner = first_runner(the_book(with_orders(), asked(first_market(), matchProjection=projection)))

    assert runner.matches is not None
    assert expected == [(each.price, each.size) for each in runner.matches]
    assert runner.orders is None


def test_orders_are_shown_by_their_state() -> None:
    """OrderProjection chooses which orders are shown; other runners have none."""
    executable = the_book(with_orders(), asked(first_market(), orderProjection="EXECUTABLE"))
    everything = the_book(with_orders(), asked(first_market(), orderProjection="ALL"))

    assert ["1"] == [each.bet_id for each in first_runner(executable).orders or ()]
    assert ["1", "2"] == [each.bet_id for each in first_runner(everything).orders or ()]
    assert executable.runners is not None
    assert [None] * (len(executable.runners) - 1) == [each.orders for each in executable.runners[1:]]


def test_matches_are_shown_by_strategy() -> None:
    """Partitioned by strategy, orders without a reference are under an empty one."""
    request = asked(
        first_market(),
        matchProjection="ROLLED_UP_BY_PRICE",
        includeOverallPosition=False,
        partitionMatchedByStrategyRef=True,
    )

    runner = first_runner(the_book(with_orders(), request))

    assert runner.matches is None
    assert runner.matches_by_strategy is not None
    assert {"a", ""} == set(runner.matches_by_strategy)


def test_only_fields_that_betfair_has_are_in_an_answer(settled: Markets) -> None:
    """Every field of an answer, at every depth, is in a recorded answer with a value of the same kind."""
    recorded: dict[str, set[str]] = {}
    for path in [
        *sorted(shared_responses().glob("betfair_parser/betting/list_market_book*.json")),
        shared_responses() / "betfairlightweight" / "list_market_book.json",
    ]:
        _kinds(json.loads(path.read_text())["result"], "", recorded)
    ours: dict[str, set[str]] = {}
    wanted = prices("EX_BEST_OFFERS", "EX_TRADED", "SP_AVAILABLE", "SP_TRADED")
    _kinds(json_ready(list_market_book(settled, asked(WIN, **wanted))), "", ours)
    request = asked(first_market(), **wanted, orderProjection="ALL", matchProjection="NO_ROLLUP")
    _kinds(json_ready(list_market_book(with_orders(), request)), "", ours)
    # Of the recorded answers none was asked for projections; the reference names them.
    allowed = {"sp.nearPrice", "sp.farPrice", "orders.customerStrategyRef"}

    assert set() == {
        each for each in ours if each not in recorded and each.removeprefix("runners.") not in allowed
    }
    assert {} == {
        each: kinds for each, kinds in ours.items() if each in recorded and not kinds <= recorded[each]
    }


def _kinds(value: Any, where: str, kinds: dict[str, set[str]]) -> None:  # noqa: ANN401 - JSON
    match value:
        case dict():
            for name, member in value.items():
                _kinds(member, f"{where}.{name}".lstrip("."), kinds)
        case list() | tuple():
            for member in value:
                _kinds(member, where, kinds)
        case int() | float() if not isinstance(value, bool):
            kinds.setdefault(where, set()).add("number")
        case _:
            kinds.setdefault(where, set()).add(type(value).__name__)
