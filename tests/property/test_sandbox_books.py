"""Laws of listMarketBook over recorded tapes and made-up markets."""

from itertools import islice

import msgspec
import pytest

from betflow.sandbox.market_data.books import list_market_book
from betflow.wire.book import ListMarketBook, PriceSize
from sandbox_markets import of_tapes
from tapes import tape

EVERY = 199
"""Not each moment is asked about, which would take minutes; a prime hits all kinds."""


def request(market_id: str, *data: str, **overrides: object) -> ListMarketBook:
    """Return a request for prices."""
    projection: dict[str, object] = {"priceData": data}
    if overrides:
        projection["exBestOffersOverrides"] = overrides
    return msgspec.convert({"marketIds": [market_id], "priceProjection": projection}, ListMarketBook)


def pairs(entries: tuple[PriceSize, ...] | None) -> list[tuple[float, float]]:
    """Return entries as price and size."""
    return [(each.price, each.size) for each in entries or ()]


@pytest.mark.parametrize("name", ["1.127236622", "1.185781277", "1.205822330", "SELF-1.181223995"])
def test_offers_are_the_books_at_every_moment(name: str) -> None:
    """All offers are the ladders; the best are their first, small ones left out or rolled up."""
    for markets in islice(of_tapes(tape(name)), 0, None, EVERY):
        (market_id,) = markets.books
        book = markets.books[market_id]
        (everything,) = list_market_book(markets, request(market_id, "EX_ALL_OFFERS", "EX_TRADED"))
        (best,) = list_market_book(
            markets, request(market_id, "EX_BEST_OFFERS", bestPricesDepth=10, rollupModel="NONE")
        )
        (rolled_up,) = list_market_book(markets, request(market_id, "EX_BEST_OFFERS", bestPricesDepth=10))
        for number, runner in enumerate(book.runners):
            if book.is_closed:
                continue
            answers = [each.runners[number].ex for each in (everything, best, rolled_up) if each.runners]
            full, few, rolled = answers
            assert full is not None
            assert few is not None
            assert rolled is not None
            assert runner.back_ladder == pairs(full.available_to_back)
            assert runner.lay_ladder == pairs(full.available_to_lay)
            assert runner.traded_ladder == pairs(full.traded_volume)
            assert [each for each in runner.lay_ladder if each[1] >= 1][:10] == pairs(few.available_to_lay)
            shown = pairs(rolled.available_to_back)
            assert all(size >= 1 for _, size in shown)
            if shown:
                down_to = shown[-1][0]
                offered = sum(size for price, size in runner.back_ladder if price >= down_to)
                assert round(offered, 2) == round(sum(size for _, size in shown), 2)
        assert everything.total_available == pytest.approx(
            0.0
            if book.is_closed
            else sum(s for r in book.runners for ladder in (r.back_ladder, r.lay_ladder) for _, s in ladder)
        )
