"""What messages do to books."""

from math import inf, isnan

from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.runner_book import RunnerBook
from changes import MARKET, change, defined, message


def _book(*changes: object) -> MarketBook:
    book = MarketBook(MARKET)
    for publish_time, each in enumerate(changes, start=1):
        book.apply(each, publish_time)  # type: ignore[arg-type]  # made by `change`
    return book


def _runner(book: MarketBook, selection_id: int = 1, handicap: float = 0.0) -> RunnerBook:
    runner = book.runner(selection_id, handicap)
    assert runner is not None
    return runner


def test_first_message_that_is_no_definition_is_kept() -> None:
    """A book without a definition has prices, and says that it does not know the rest."""
    book = _book(change({"id": 1, "atb": [[2, 10]]}))

    assert (None, False, None) == (book.status, book.in_play, book.definition)
    assert [(2.0, 10.0)] == _runner(book).back_ladder
    assert (None, None, None) == (_runner(book).status, _runner(book).name, _runner(book).starting_price)


def test_definition_after_prices_takes_the_runner_over() -> None:
    """A definition that comes after a runner's prices joins them, and orders the runners."""
    book = _book(change({"id": 2, "atb": [[2, 10]]}), change(marketDefinition=defined()))

    assert [1, 2] == [runner.selection_id for runner in book.runners]
    assert "ACTIVE" == _runner(book, 2).status
    assert 2.0 == _runner(book, 2).best_back


def test_runner_that_the_definition_does_not_list_comes_last() -> None:
    """A runner that has prices but is missing from the definition is kept, after the others."""
    book = _book(change(marketDefinition=defined()), change({"id": 9, "atl": [[3, 1]]}))

    assert [1, 2, 9] == [runner.selection_id for runner in book.runners]
    assert _runner(book, 9).definition is None


def test_runner_without_changes_is_there_and_empty() -> None:
    """A runner that only the definition names has empty ladders."""
    runner = _runner(_book(change(marketDefinition=defined())))

    assert ([], [], []) == (runner.back_ladder, runner.lay_ladder, runner.traded_ladder)
    assert (None, None) == (runner.best_back, runner.best_lay)


def test_size_zero_deletes_the_price_and_the_next_is_best() -> None:
    """Deleting the best price makes the next one best."""
    book = _book(
        change({"id": 1, "atb": [[2, 1], [1.9, 5]], "atl": [[2.1, 1], [2.2, 5]]}),
        change({"id": 1, "atb": [[2, 0]], "atl": [[2.1, 0]]}),
    )

    assert (1.9, 2.2) == (_runner(book).best_back, _runner(book).best_lay)


def test_several_entries_for_a_runner_are_applied_in_order() -> None:
    """Several entries for one runner in one message are applied one after the other."""
    book = _book(
        change({"id": 1, "atb": [[2, 1]]}, {"id": 1, "atb": [[2, 0], [1.5, 3]]}, {"id": 1, "ltp": 1.8})
    )

    assert [(1.5, 3.0)] == _runner(book).back_ladder
    assert 1.8 == _runner(book).last_price_traded
    assert [1] == [runner.selection_id for runner in book.changed_runners]


def test_handicaps_are_different_runners() -> None:
    """The same selection at two handicaps is two runners; handicap 0 is the one without."""
    book = _book(
        change({"id": 1, "hc": -0.5, "ltp": 2.0}, {"id": 1, "hc": 0, "ltp": 3.0}, {"id": 1, "hc": 0.5})
    )

    assert [-0.5, 0.0, 0.5] == [runner.handicap for runner in book.runners]
    assert 2.0 == _runner(book, 1, -0.5).last_price_traded
    assert 3.0 == _runner(book, 1).last_price_traded


def test_empty_list_clears_traded_volume() -> None:
    """An empty `trd` clears the traded volume."""
    book = _book(change({"id": 1, "trd": [[2, 10]]}), change({"id": 1, "trd": []}))

    assert [] == _runner(book).traded_ladder


def test_empty_list_leaves_prices_alone() -> None:
    """An empty `atb` or `bdatb` says that nothing in view changed."""
    book = _book(
        change({"id": 1, "atb": [[2, 10]], "bdatb": [[0, 2, 10]]}), change({"id": 1, "atb": [], "bdatb": []})
    )

    assert [(2.0, 10.0)] == _runner(book).back_ladder
    assert {0: (2.0, 10.0)} == _runner(book).display_available_to_back


def test_level_of_size_zero_is_emptied() -> None:
    """``[level, 0, 0]`` empties a level, as when the best of two prices goes."""
    book = _book(
        change({"id": 1, "batb": [[2, 1.5, 2], [1, 1.4, 2], [0, 1.3, 2]]}),
        change({"id": 1, "batb": [[2, 0, 0], [1, 1.5, 2], [0, 1.4, 2]]}),
    )

    assert [(1.4, 2.0), (1.5, 2.0)] == _runner(book).back_ladder
    assert 1.4 == _runner(book).best_back


def test_full_depth_goes_before_display_levels_before_raw_levels() -> None:
    """Prices are from the full depth, else from the display levels, else from the raw levels."""
    raw = change({"id": 1, "batb": [[0, 1.1, 1]], "batl": [[0, 4, 1]]})
    display = change({"id": 1, "bdatb": [[0, 1.2, 1]], "bdatl": [[0, 3, 1]]})
    full = change({"id": 1, "atb": [[1.3, 1]], "atl": [[2, 1]]})
    gone = change({"id": 1, "atb": [[1.3, 0]], "atl": [[2, 0]]})

    best = [
        (_runner(_book(*changes)).best_back, _runner(_book(*changes)).best_lay)
        for changes in (
            [raw],
            [raw, display],
            [raw, display, full],
            [raw, display, full, gone],
            [full, display, raw],
        )
    ]

    assert [(1.1, 4.0), (1.2, 3.0), (1.3, 2.0), (1.2, 3.0), (1.3, 2.0)] == best


def test_texts_for_numbers_that_json_does_not_have() -> None:
    """``"NaN"`` and ``"Infinity"`` are the numbers."""
    runner = _runner(_book(change({"id": 1, "spn": "Infinity", "spf": "NaN"})))

    assert inf == runner.near_price
    assert runner.far_price is not None
    assert isnan(runner.far_price)


def test_image_replaces_prices_and_keeps_the_definition() -> None:
    """An image forgets all prices and volumes; without a definition of its own the known one stays."""
    before = change({"id": 1, "atb": [[2, 1]], "trd": [[2, 8]], "ltp": 2}, marketDefinition=defined(), tv=8)

    book = _book(before, change({"id": 2, "atl": [[3, 1]]}, img=True))

    assert ("OPEN", None) == (book.status, book.total_matched)
    assert [] == _runner(book, 1).back_ladder
    assert _runner(book, 1).last_price_traded is None
    assert "ACTIVE" == _runner(book, 1).status
    assert [(3.0, 1.0)] == _runner(book, 2).lay_ladder


def test_false_image_is_a_delta() -> None:
    """``"img": false``, which official files have on every line, is an ordinary change."""
    book = _book(change({"id": 1, "atb": [[2, 1]]}), change({"id": 1, "atl": [[3, 1]]}, img=False))

    assert (2.0, 3.0) == (_runner(book).best_back, _runner(book).best_lay)


def test_conflation_is_said() -> None:
    """`conflated` tells whether the latest change merges several."""
    assert not MarketBook(MARKET).conflated
    assert _book(change(con=True)).conflated
    assert not _book(change(con=True), change()).conflated


class TestImageOfTheSubscription:
    """SUB_IMAGE: replaces what was cached, also in mid-stream."""

    def test_replaces_the_market_although_img_is_not_set(self) -> None:
        """In mid-stream its markets start afresh, even if they do not say ``img``."""
        books = MarketBooks()
        books.apply(message({"rc": [{"id": 1, "atb": [[2, 1]]}]}))

        (book,) = books.apply(message({"rc": [{"id": 1, "atl": [[3, 1]]}]}, ct="SUB_IMAGE"))

        assert (None, 3.0) == (_runner(book).best_back, _runner(book).best_lay)

    def test_market_that_it_does_not_bring_is_no_longer_covered(self) -> None:
        """A market missing from the image is not covered any more, until it comes again."""
        books = MarketBooks()
        books.apply(message({"id": "1.1"}, {"id": "1.2"}, ct="SUB_IMAGE"))
        books.apply(message({"id": "1.2"}, ct="SUB_IMAGE"))
        assert (False, True) == (books.book("1.1").covered, books.book("1.2").covered)

        books.apply(message({"id": "1.1"}, {"id": "1.2"}, ct="SUB_IMAGE"))
        assert (True, True) == (books.book("1.1").covered, books.book("1.2").covered)

    def test_segments_are_one_image(self) -> None:
        """Segments bring one image: a market continues over them, and missing ones show at the end only."""
        books = MarketBooks()
        books.apply(message({"id": "1.9"}, ct="SUB_IMAGE"))

        books.apply(message({"rc": [{"id": 1, "atb": [[2, 1]]}]}, ct="SUB_IMAGE", segmentType="SEG_START"))
        assert books.book("1.9").covered
        books.apply(message({"id": "1.2"}, ct="SUB_IMAGE", segmentType="SEG"))
        books.apply(message({"rc": [{"id": 1, "atl": [[3, 1]]}]}, ct="SUB_IMAGE", segmentType="SEG_END"))

        runner = _runner(books.book(MARKET))
        assert (2.0, 3.0) == (runner.best_back, runner.best_lay)
        assert {"1.1": True, "1.2": True, "1.9": False} == {
            key: book.covered for key, book in books.books.items()
        }

    def test_image_whose_end_is_lost_ends_with_the_next_whole_message(self) -> None:
        """A whole update after an unfinished image is an ordinary delta."""
        books = MarketBooks()
        books.apply(message({"rc": [{"id": 1, "atb": [[2, 1]]}]}, ct="SUB_IMAGE", segmentType="SEG_START"))

        books.apply(message({"rc": [{"id": 1, "atl": [[3, 1]]}]}))

        runner = _runner(books.book(MARKET))
        assert (2.0, 3.0) == (runner.best_back, runner.best_lay)

    def test_of_a_market_that_comes_twice_the_higher_version_counts(self) -> None:
        """A market that was moved to another event is there twice; the higher version wins in any order."""
        old = {"marketDefinition": defined(version=1), "img": True, "rc": [{"id": 1, "ltp": 5}]}
        new = {"marketDefinition": defined(version=2), "img": True, "rc": [{"id": 1, "ltp": 7}]}

        for order in ([old, new], [new, old]):
            books = MarketBooks()
            books.apply(message(*order, ct="SUB_IMAGE"))
            assert 7.0 == _runner(books.book(MARKET)).last_price_traded

    def test_empty_image_covers_nothing(self) -> None:
        """An image without markets leaves none covered."""
        books = MarketBooks()
        books.apply(message({}))

        assert [] == books.apply(message(ct="SUB_IMAGE"))
        assert not books.book(MARKET).covered


def test_status_503_is_kept_until_the_next_message() -> None:
    """`status` 503 says that data may be late; the next message without it says that it is over."""
    books = MarketBooks()
    books.apply(message({}, status=503))
    assert 503 == books.status

    books.apply(message({}))
    assert books.status is None


def test_heartbeat_changes_no_book() -> None:
    """A heartbeat has no market changes."""
    books = MarketBooks()
    books.apply(message({"rc": [{"id": 1, "ltp": 2}]}, pt=5))

    assert [] == books.apply(message(pt=9, ct="HEARTBEAT"))
    assert 5 == books.book(MARKET).publish_time


def test_resubscription_continues() -> None:
    """RESUB_DELTA continues from what was known; only markets with ``img`` start afresh."""
    books = MarketBooks()
    books.apply(message({"rc": [{"id": 1, "atb": [[2, 1]]}]}))

    (book,) = books.apply(message({"rc": [{"id": 1, "atl": [[3, 1]]}]}, ct="RESUB_DELTA"))

    assert (2.0, 3.0) == (_runner(book).best_back, _runner(book).best_lay)


def test_market_twice_in_a_message_is_changed_twice() -> None:
    """Two changes of one market in a message give its book twice."""
    books = MarketBooks()

    changed = books.apply(message({"tv": 1}, {"tv": 2}))

    assert [MARKET, MARKET] == [book.market_id for book in changed]
    assert 2.0 == changed[-1].total_matched


def test_books_say_what_they_are() -> None:
    """A book's repr has what a person at a prompt wants to know."""
    book = _book(change({"id": 1, "atb": [[2, 1]]}, marketDefinition=defined()))

    assert "<MarketBook 1.1 OPEN at 1, 2 runners>" == repr(book)
    assert "<RunnerBook 1/0 2.0–None>" == repr(_runner(book))


def test_total_traded_adds_up_the_ladder_and_not_the_published_number() -> None:
    """The `tv` of official files is the volume of one change, so the traded ladder is added up."""
    runner = _runner(
        _book(
            change({"id": 1, "trd": [[2.0, 10.1], [2.2, 0.2]], "tv": 10.3}),
            change({"id": 1, "trd": [[2.4, 5.05]], "tv": 5.05}),
        )
    )

    assert (15.35, 5.05) == (runner.total_traded, runner.total_matched)


def test_total_traded_is_the_published_number_without_a_ladder() -> None:
    """Where the tape has no traded ladder, what was published is all there is."""
    assert 7.5 == _runner(_book(change({"id": 1, "tv": 7.5}))).total_traded


def test_heartbeat_between_the_segments_of_an_image_changes_nothing() -> None:
    """An image goes on behind a heartbeat: what its first segment brought stays."""
    books = MarketBooks()
    first = {"rc": [{"id": 1, "atb": [[2, 1]]}], "img": True}
    books.apply(message(first, ct="SUB_IMAGE", segmentType="SEG_START"))
    books.apply(message(ct="HEARTBEAT"))
    books.apply(message({"rc": [{"id": 2, "atb": [[3, 1]]}]}, ct="SUB_IMAGE", segmentType="SEG_END"))

    book = books.book(MARKET)

    assert (2.0, 3.0) == (_runner(book).best_back, _runner(book, 2).best_back)
