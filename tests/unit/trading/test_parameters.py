"""Strategies made from text."""

from decimal import Decimal

import pytest

from betflow.trading import Strategy
from betflow.trading.parameters import ParameterError, make_strategy, parameters
from betflow.trading.strategies import BackFavouriteAtSp, HarvestOddsBand
from betflow.wire.enums import Side


class _Typed(Strategy):
    def __init__(  # type: ignore[no-untyped-def]  # as people write it
        self,
        number: int,
        *,
        stake: float = 2.0,
        limit: Decimal | None = None,
        side: Side = Side.BACK,
        eager: bool = False,
        label: str = "x",
        bare="y",  # noqa: ANN001 - people write so
    ) -> None:
        self.values = (number, stake, limit, side, eager, label, bare)


def test_the_types_say_how_text_is_read() -> None:
    """Int, float, Decimal or None, an enum, bool and text."""
    texts = {
        "number": "3",
        "stake": "2.5",
        "limit": "1.10",
        "side": "LAY",
        "eager": "true",
        "label": "7",
        "bare": "z",
    }

    made = make_strategy(_Typed, texts)

    assert isinstance(made, _Typed)
    assert (3, 2.5, Decimal("1.10"), Side.LAY, True, "7", "z") == made.values


def test_what_is_left_out_is_the_default() -> None:
    """Only what has no default is needed."""
    made = make_strategy(_Typed, {"number": "3"})

    assert isinstance(made, _Typed)
    assert (3, 2.0, None, Side.BACK, False, "x", "y") == made.values


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            {"number": "3", "steak": "2"},
            "has no parameter 'steak'. It has: number, stake, limit, side, eager, label, bare.",
        ),
        ({}, "needs the parameter 'number'. Give it as number=VALUE."),
        ({"number": "3.5"}, "the parameter number of strategy _Typed is '3.5'; expected a whole number."),
        ({"number": "3", "side": "BUY"}, "is 'BUY'; expected one of BACK, LAY."),
        ({"number": "3", "limit": "much"}, "is 'much'; expected a number."),
    ],
)
def test_mistakes_are_named(texts: dict[str, str], message: str) -> None:
    """The error says which parameter, its value and what there is instead."""
    with pytest.raises(ParameterError) as raised:
        make_strategy(_Typed, texts)

    assert message in str(raised.value)


def test_a_strategy_may_refuse_values() -> None:
    """Its own reason is in the error."""
    with pytest.raises(ParameterError, match=r"the band begins at 20\.0 and ends at 18\.0"):
        make_strategy(HarvestOddsBand, {"lowest": "20"})


def test_a_strategy_without_parameters_lists_none() -> None:
    """It has: none."""

    class Plain(Strategy):
        pass

    assert {} == parameters(Plain)
    with pytest.raises(ParameterError, match="It has: none"):
        make_strategy(Plain, {"stake": "2"})


def test_the_name_of_a_class_is_its_name() -> None:
    """Unless it has another one."""
    assert ("_Typed", "back-favourite-at-sp") == (_Typed.name, BackFavouriteAtSp.name)
