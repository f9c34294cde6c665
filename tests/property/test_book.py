"""The book against a naive model: plain dictionaries, sorted and searched on demand."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from betflow.exchange.book import MarketBook, MarketBooks
from betflow.exchange.runner_book import RunnerBook
from changes import message

_PRICES = st.sampled_from([1.01, 1.5, 2, 2.02, 3.05, 1000])
_SIZES = st.sampled_from([0, 0, 0.01, 2, 1234.56])
_BY_PRICE = st.lists(st.tuples(_PRICES, _SIZES), max_size=4)
_BY_LEVEL = st.lists(st.tuples(st.integers(0, 3), _PRICES, _SIZES), max_size=4)
_LADDERS = ("atb", "atl", "trd", "spb", "spl")
_LEVELS = ("batb", "batl", "bdatb", "bdatl")
_NUMBERS = ("ltp", "tv", "spn", "spf")

_RUNNER_CHANGES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"id": st.sampled_from([1, 2, 3])},
    optional={
        "hc": st.sampled_from([0, -0.5, 1.25]),
        **dict.fromkeys(_LADDERS, _BY_PRICE),
        **dict.fromkeys(_LEVELS, _BY_LEVEL),
        **dict.fromkeys(_NUMBERS, st.sampled_from([1.5, 2, 70])),
    },
)
_DEFINITIONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["OPEN", "SUSPENDED", "CLOSED"]),
        "runners": st.lists(
            st.fixed_dictionaries(
                {"id": st.sampled_from([1, 2, 3, 4]), "status": st.sampled_from(["ACTIVE", "REMOVED"])},
                optional={"hc": st.sampled_from([0, -0.5])},
            ),
            max_size=4,
            unique_by=lambda runner: (runner["id"], runner.get("hc", 0)),
        ),
    }
)
_CHANGES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "rc": st.lists(_RUNNER_CHANGES, max_size=5),
        "img": st.sampled_from([False, False, True]),
        "marketDefinition": _DEFINITIONS,
        "tv": st.sampled_from([0, 12.34]),
    },
)


class _Model:
    """What a reader of the documentation would write on one page."""

    def __init__(self) -> None:
        self.definition: dict[str, Any] = {}
        self.total_matched: float | None = None
        self.runners: dict[tuple[int, float], dict[str, Any]] = {}

    def apply(self, change: dict[str, Any]) -> None:
        if change.get("img"):
            self.runners, self.total_matched = {}, None
        self.definition = change.get("marketDefinition", self.definition)
        self.total_matched = change.get("tv", self.total_matched)
        for runner in change.get("rc", []):
            known = self.runners.setdefault((runner["id"], runner.get("hc", 0)), {})
            for field, value in runner.items():
                if field in _LADDERS + _LEVELS:
                    ladder = {} if field == "trd" and value == [] else known.get(field, {})
                    ladder |= {key: tuple(rest) for key, *rest in value}
                    known[field] = {key: rest for key, rest in ladder.items() if rest[-1] != 0}
                else:
                    known[field] = value

    def ladder(self, key: tuple[int, float], full: str, display: str, raw: str) -> list[tuple[float, float]]:
        known = self.runners.get(key, {})
        if known.get(full):
            ladder = [(price, size) for price, (size,) in known[full].items()]
            return sorted(ladder, reverse=full == "atb")
        levels = known.get(display) or known.get(raw) or {}
        return [entry for _, entry in sorted(levels.items())]

    def statuses(self) -> dict[tuple[int, float], str]:
        listed = self.definition.get("runners", [])
        return {(runner["id"], runner.get("hc", 0)): runner["status"] for runner in listed}


@given(st.lists(_CHANGES, min_size=1, max_size=12))
def test_book_equals_a_naive_model_after_every_change(changes: list[dict[str, Any]]) -> None:
    """After any sequence of changes the book has what plain dictionaries have."""
    book, model = MarketBook("1.1"), _Model()
    for change in changes:
        for decoded in message(change).mc or ():
            book.apply(decoded, 1)
        model.apply(change)
        assert model.total_matched == book.total_matched
        assert model.definition.get("status") == book.status
        for runner in book.runners:
            _assert_equal(model, runner)
        # A line of an earlier definition may linger in the book; what the model knows has to be in it.
        known = {(runner.selection_id, runner.handicap) for runner in book.runners}
        assert known >= {*model.runners, *model.statuses()}


def _assert_equal(model: _Model, runner: RunnerBook) -> None:
    key = (runner.selection_id, runner.handicap)
    known = model.runners.get(key, {})
    assert model.ladder(key, "atb", "bdatb", "batb") == runner.back_ladder
    assert model.ladder(key, "atl", "bdatl", "batl") == runner.lay_ladder
    _assert_best(runner)
    assert {price: size for price, (size,) in known.get("trd", {}).items()} == runner.traded
    assert {price: size for price, (size,) in known.get("spl", {}).items()} == runner.back_stake_taken
    assert {price: size for price, (size,) in known.get("spb", {}).items()} == runner.lay_liability_taken
    numbers = (runner.last_price_traded, runner.total_matched, runner.near_price, runner.far_price)
    assert tuple(known.get(field) for field in _NUMBERS) == numbers
    if key in model.statuses():
        assert model.statuses()[key] == runner.status


def _assert_best(runner: RunnerBook) -> None:
    if runner.available_to_back:
        assert max(runner.available_to_back) == runner.best_back
    else:
        assert next((price for price, _ in runner.back_ladder), None) == runner.best_back
    if runner.available_to_lay:
        assert min(runner.available_to_lay) == runner.best_lay
    else:
        assert next((price for price, _ in runner.lay_ladder), None) == runner.best_lay


@given(st.lists(_CHANGES, min_size=1, max_size=6), st.lists(_CHANGES, min_size=1, max_size=6), st.data())
def test_an_image_of_the_subscription_forgets_what_was_before(
    before: list[dict[str, Any]], image: list[dict[str, Any]], data: st.DataObject
) -> None:
    """In whatever segments an image comes, the book after it does not depend on prices from before."""
    cuts = data.draw(st.lists(st.booleans(), min_size=len(image) - 1, max_size=len(image) - 1))
    image = [{**change, "img": False} for change in image]
    segments: list[list[dict[str, Any]]] = [[image[0]]]
    for cut, change in zip(cuts, image[1:], strict=True):
        segments.append([change]) if cut else segments[-1].append(change)

    with_past, without_past = MarketBooks(), MarketBooks()
    for change in before:
        with_past.apply(message({**change, "marketDefinition": None}))
    for books in (with_past, without_past):
        for number, segment in enumerate(segments):
            books.apply(message(*segment, ct="SUB_IMAGE", **_segment_type(number, len(segments))))

    assert _prices(without_past) == _prices(with_past)


def _segment_type(number: int, count: int) -> dict[str, Any]:
    if count == 1:
        return {}
    return {"segmentType": "SEG_START" if number == 0 else "SEG_END" if number == count - 1 else "SEG"}


def _prices(books: MarketBooks) -> dict[tuple[int, float], tuple[object, ...]]:
    return {
        (runner.selection_id, runner.handicap): (
            runner.back_ladder,
            runner.lay_ladder,
            runner.traded_ladder,
            runner.last_price_traded,
        )
        for runner in books.book("1.1").runners
    }
