"""A market as it was seen is the same value from a book, and from Betfair's answers."""

import json
from decimal import Decimal
from typing import Any

import msgspec

from betflow.exchange.book import MarketBook
from betflow.exchange.observed import ObservedMarket, of_answers, of_book, with_names
from betflow.exchange.prices import CLASSIC, FINEST, Ladder
from betflow.exchange.snapshot import PriceSize
from betflow.exchange.times import epoch_ms
from betflow.tape import Tape
from betflow.wire import book as answers
from betflow.wire.catalogue import MarketCatalogue
from changes import MARKET, OFF, OFF_MS, change, defined
from tapes import shared_responses, tape

MOMENT = OFF_MS - 1_000


def _catalogue(**fields: Any) -> MarketCatalogue:  # noqa: ANN401 - JSON
    described = {
        "bspMarket": True,
        "marketTime": OFF,
        "suspendTime": OFF,
        "bettingType": "ODDS",
        "turnInPlayEnabled": True,
        "marketType": "WIN",
    } | fields.pop("description", {})
    runners = [
        {"selectionId": 7, "runnerName": "Second", "handicap": 0, "sortPriority": 2},
        {"selectionId": 5, "runnerName": "First", "handicap": 0, "sortPriority": 1},
    ]
    text = {"marketId": MARKET, "marketName": "R1", "description": described, "runners": runners, **fields}
    return msgspec.json.decode(json.dumps(text), type=MarketCatalogue)


def _book(*runners: dict[str, Any], **fields: Any) -> answers.MarketBook:  # noqa: ANN401 - JSON
    listed = [{"handicap": 0, "status": "ACTIVE", **each} for each in runners]
    text = {"marketId": MARKET, "isMarketDataDelayed": False, "runners": listed, **fields}
    return msgspec.json.decode(json.dumps(text), type=answers.MarketBook, strict=False)


def _prices(market: ObservedMarket) -> list[tuple[int, str | None, tuple[PriceSize, ...]]]:
    return [(each.selection_id, each.name, each.available_to_back) for each in market.runners]


def test_answers_are_joined_in_the_order_of_the_racecard() -> None:
    """Names and order come from the catalogue, prices from the book."""
    offers = {"availableToBack": [{"price": 3, "size": 2.5}]}
    market = of_answers(_catalogue(), _book({"selectionId": 7, "ex": offers}, {"selectionId": 5}), MOMENT)

    assert [(5, "First", ()), (7, "Second", (PriceSize(3, 2.5),))] == _prices(market)


def test_answers_say_what_a_definition_says() -> None:
    """What the catalogue and the book say of a market is in the words of the stream."""
    book = _book(status="OPEN", inplay=True, numberOfWinners=3, totalMatched=12.5)
    event = {"id": "9", "name": "Ascot 1st Oct", "venue": "Ascot", "countryCode": "GB"}
    market = of_answers(_catalogue(event=event, eventType={"id": "7"}), book, MOMENT)

    definition = market.definition
    assert ("OPEN", True, 3, "R1", "WIN", True) == (
        definition.status,
        definition.in_play,
        definition.number_of_winners,
        definition.name,
        definition.market_type,
        definition.bsp_market,
    )
    assert ("Ascot", "GB", "7", 12.5, OFF_MS, MOMENT) == (
        definition.venue,
        definition.country_code,
        definition.event_type_id,
        market.total_matched,
        market.market_time,
        market.moment,
    )


def test_market_without_a_book() -> None:
    """Where Betfair has no book, neither status nor runners are known."""
    market = of_answers(_catalogue(), None, MOMENT)

    assert (None, None, (), None) == (
        market.definition.status,
        market.definition.in_play,
        market.runners,
        market.total_matched,
    )


def test_ladder_is_the_one_that_the_catalogue_names() -> None:
    """CLASSIC where none is named; lines with their range; None where nobody knows it."""
    lines = {"minUnitValue": 0.5, "maxUnitValue": 9.5, "interval": 1.0, "marketUnit": "Goals"}
    described: list[dict[str, Any]] = [
        {},
        {"priceLadderDescription": {"type": "FINEST"}},
        {"priceLadderDescription": {"type": "LINE_RANGE"}, "lineRangeInfo": lines},
        {"priceLadderDescription": {"type": "CURVED"}},
    ]
    expected = [CLASSIC, FINEST, Ladder.line_range("0.5", "9.5", 1), None]
    assert expected == [of_answers(_catalogue(description=each), None, MOMENT).ladder for each in described]


def test_offers_that_cannot_be_are_left_out() -> None:
    """No size, or a number that is none, is no offer."""
    prices = [(2.0, 10.0), (1.9, 0.0), ("NaN", 5.0), (1.8, "Infinity"), (1.7, -1.0)]
    offers = [{"price": price, "size": size} for price, size in prices]
    market = of_answers(_catalogue(), _book({"selectionId": 7, "ex": {"availableToBack": offers}}), MOMENT)

    assert (PriceSize(2.0, 10.0),) == market.runners[0].available_to_back


def test_book_of_a_tape_is_seen_when_it_was_published() -> None:
    """Unless a later moment is given."""
    book = MarketBook(MARKET)
    book.apply(change(marketDefinition=defined()), MOMENT)

    assert (MOMENT, OFF_MS) == (of_book(book).moment, of_book(book, OFF_MS).moment)


def test_what_is_matched_in_a_market_is_that_of_its_runners_where_nothing_is_published() -> None:
    """The sum is to the penny: 0.1 and 0.2 are 0.3."""
    book = MarketBook(MARKET)
    traded = [{"id": 1, "trd": [[2.0, 0.1]]}, {"id": 2, "trd": [[3.0, 0.2]]}]
    book.apply(change(*traded, marketDefinition=defined()), MOMENT)
    assert 0.3 == of_book(book).total_matched

    book.apply(change(tv=7.5), MOMENT)
    assert 7.5 == of_book(book).total_matched


def test_removed_runners_are_not_active() -> None:
    """Nor are those that have a result."""
    runners = [
        {"selectionId": number, "status": status}
        for number, status in enumerate(("ACTIVE", "REMOVED", "WINNER", "HIDDEN"), start=1)
    ]
    market = of_answers(_catalogue(), _book(*runners), MOMENT)

    assert [1] == [runner.selection_id for runner in market.active_runners]


def test_market_time_that_is_no_moment() -> None:
    """It counts as none."""
    assert of_answers(_catalogue(description={"marketTime": "soon"}), None, MOMENT).market_time is None


def test_names_of_a_stream_are_those_of_the_catalogue() -> None:
    """A recorded market of the stream has none, and the recorded catalogue beside it has all of them."""
    path = tape("1.197931750")
    text = (path.parent / "catalogues" / "1.197931750.json").read_bytes()
    book = next(iter(Tape(path)))
    bare = of_book(book)
    named = with_names(bare, msgspec.json.decode(text, type=MarketCatalogue))

    assert {None} == {runner.name for runner in bare.runners}
    assert all(runner.name for runner in named.runners)
    assert ("OR 280m", bare.runners[0].available_to_back) == (
        named.definition.name,
        named.runners[0].available_to_back,
    )


def test_recorded_book() -> None:
    """A recorded answer of listMarketBook: the prices as they stand there, by hand."""
    text = (shared_responses() / "betfair_parser/betting/list_market_book.json").read_text()
    result = json.dumps(json.loads(text)["result"])
    first, *_ = msgspec.json.decode(result, type=tuple[answers.MarketBook, ...])
    catalogue = MarketCatalogue(market_id=first.market_id, market_name="?")
    market = of_answers(catalogue, first, epoch_ms("2015-04-17T08:12:20Z"))

    favourite = market.runners[0]
    assert (9405292, PriceSize(6.2, 11.85), PriceSize(6.4, 56.17)) == (
        favourite.selection_id,
        favourite.available_to_back[0],
        favourite.available_to_lay[0],
    )
    assert (Decimal("2751.4"), 10) == (Decimal(str(market.total_matched)), len(market.active_runners))
