"""The compiled fold against the one in Python. scripts/test-compiled runs it, where there is a compiler."""

import sys
from collections.abc import Callable
from decimal import Decimal
from math import inf, nan
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betflow.exchange import folding
from betflow.exchange.book import FOLD_IS_COMPILED, MarketBook
from betflow.exchange.runner_book import RunnerBook
from betflow.wire.stream import RunnerChange

compiled = pytest.importorskip("betflow.exchange._folding", reason="nothing is compiled here")

_PRICES = st.sampled_from([0.0, -1.0, 1.01, 1.5, 2.0, 3.05, 1000.0, inf, nan])
_SIZES = st.sampled_from([0.0, 0.0, 0.01, 2.0, 1234.56, nan])
_BY_PRICE = st.lists(st.tuples(_PRICES, _SIZES), max_size=4)
_BY_LEVEL = st.lists(st.tuples(st.integers(0, 2), _PRICES, _SIZES), max_size=3)
# As no decoder gives them, and as somebody may make them in a notebook.
_ODD_PRICES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([1, 2, 2.5, Decimal(3)]), st.sampled_from([0, 2, 2.5, True])),
        st.lists(st.sampled_from([1, 2.0]), min_size=1, max_size=3),
    ),
    max_size=3,
)


def _changes(*ladders: st.SearchStrategy[Any]) -> st.SearchStrategy[RunnerChange]:
    ladder = st.none() | st.one_of(*ladders)
    number = st.none() | st.sampled_from([1.5, 70.0, nan])
    return st.builds(
        RunnerChange,
        id=st.sampled_from([1, 2, 2**70]),
        hc=st.sampled_from([None, 0.0, -0.5]),
        **dict.fromkeys(("atb", "atl", "trd", "spb", "spl"), ladder),
        **dict.fromkeys(("batb", "batl", "bdatb", "bdatl"), st.none() | st.none() | _BY_LEVEL),
        **dict.fromkeys(("ltp", "tv", "spn", "spf"), number),
    )


def _folded(fold: Any, changes: list[RunnerChange]) -> list[Any]:  # noqa: ANN401 - either
    """Return all that is known of all runners after each change, and what was raised, as text."""
    book = MarketBook("1.1")
    seen: list[Any] = []
    for change in changes:
        try:
            fold(book, [change])
        except (TypeError, ValueError, ArithmeticError) as error:
            seen.append(repr(error))
        # As text, because NaN equals nothing; types, order and signs are in it as well.
        seen.append([[repr(getattr(runner, name)) for name in runner.__slots__] for runner in book.runners])
    return seen


def test_what_is_tested_is_compiled() -> None:
    """Books are folded by the compiled code wherever it can be imported."""
    assert FOLD_IS_COMPILED


@given(st.lists(_changes(_BY_PRICE), min_size=1, max_size=12))
def test_the_compiled_fold_equals_the_one_in_python(changes: list[RunnerChange]) -> None:
    """After any changes all ladders, best prices and numbers are those of the fold in Python."""
    expected = _folded(folding.fold_runner_changes, changes)

    assert expected == _folded(compiled.fold_runner_changes, changes)


@given(st.lists(_changes(_BY_PRICE, _ODD_PRICES), min_size=1, max_size=8))
def test_whatever_is_unusual_is_folded_as_in_python(changes: list[RunnerChange]) -> None:
    """Values that no decoder makes do what they do in Python: the same books, the same errors."""
    expected = _folded(folding.fold_runner_changes, changes)

    assert expected == _folded(compiled.fold_runner_changes, changes)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((), TypeError), ((None, []), AttributeError), ((MarketBook("1.1"), None), TypeError)],
)
def test_what_is_no_book_or_no_list_is_refused(arguments: tuple[Any, ...], error: type[Exception]) -> None:
    """Wrong arguments are an error, never a crash."""
    with pytest.raises(error):
        compiled.fold_runner_changes(*arguments)


def test_what_is_no_change_is_an_error_as_in_python() -> None:
    """An object that is no change fails as it does in Python."""
    with pytest.raises(AttributeError, match="hc"):
        compiled.fold_runner_changes(MarketBook("1.1"), [object()])


def test_a_slot_that_was_deleted_is_an_error_as_in_python() -> None:
    """A runner that somebody took a ladder away from is an error, never a crash."""
    book = MarketBook("1.1")
    change = RunnerChange(id=1, atb=[(2.0, 1.0)])
    compiled.fold_runner_changes(book, [change])
    del book.runners[0].available_to_back

    with pytest.raises(AttributeError, match="available_to_back"):
        compiled.fold_runner_changes(book, [change])


def _take_ladder(_change: RunnerChange, runner: RunnerBook) -> None:
    del runner.available_to_lay


def _put_what_is_no_price(change: RunnerChange, _runner: RunnerBook) -> None:
    cast("list[object]", change.atl).append(7)


@pytest.mark.parametrize("alter", [_take_ladder, _put_what_is_no_price])
def test_what_is_altered_in_the_middle_is_an_error(
    alter: Callable[[RunnerChange, RunnerBook], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python code that alters a change or a book while it is folded makes an error, never a crash."""
    book = MarketBook("1.1")
    compiled.fold_runner_changes(book, [RunnerChange(id=1, atb=[(2.0, 1.0)], atl=[(3.0, 1.0)])])
    change = RunnerChange(id=1, atb=[(2.0, 0.0)], atl=[(3.0, 2.0)])
    monkeypatch.setattr(RunnerBook, "_best_back_level", lambda runner: alter(change, runner))

    with pytest.raises(RuntimeError, match="altered while it was folded"):
        compiled.fold_runner_changes(book, [change])


def test_folding_leaves_nothing_behind() -> None:
    """Folding the same changes for the thousandth time takes no memory."""
    changes = [
        RunnerChange(id=1, atb=[(2.0, 1.0), (3.0, 1.0), (3.0, 0.0)], atl=[(4.0, 1.0), (4.0, 0.0)], ltp=2.0),
        RunnerChange(id=1, hc=-0.5, trd=[(2.0, 1.0)], spl=[(2.0, 1.0), (2.0, 0.0)], spn=nan, tv=1.0),
        RunnerChange(id=1, atb=[], batb=[(0, 2.0, 1.0)]),
    ]
    book = MarketBook("1.1")

    def fold(times: int) -> int:
        for _ in range(times):
            compiled.fold_runner_changes(book, changes)
        return sys.getallocatedblocks()

    before = fold(10)
    assert abs(fold(1000) - before) < 100
