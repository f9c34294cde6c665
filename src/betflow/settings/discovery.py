"""
What ``betflow discover`` looks for, and the limits that it judges by, as settings.

Each rule of `betflow.trading.eligibility` and `betflow.trading.selection` has a limit of the same name here;
null takes a limit away: the rule is then measured and not judged. The defaults are those for win markets
of British and Irish horse races.
"""

from decimal import Decimal
from typing import Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo

from betflow.settings.durations import AnySeconds, Seconds
from betflow.wire.enums import MarketStatus

NumberT = TypeVar("NumberT", Decimal, float)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Between(_Section, Generic[NumberT]):
    min: NumberT | None = None
    max: NumberT | None = None

    @model_validator(mode="after")
    def _refuse_empty(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is more than max {self.max}")
        return self


class RangeSettings(_Between[Decimal]):
    """
    Which numbers are good.

    Attributes:
        min: The lowest; null for any.
        max: The highest; null for any.
    """


class SpanSettings(_Between[AnySeconds]):
    """
    Which times are good, in seconds; negative ones have passed.

    Attributes:
        min: The shortest; null for any.
        max: The longest; null for any.
    """


class SearchSettings(_Section):
    """
    Which markets are looked for; an empty list stands for any.

    Attributes:
        event_types: Sports, by name (``horse-racing``) or Betfair's number.
        countries: Codes of two letters.
        market_types: Betfair's codes.
        within: How far ahead the scheduled off may be.
        overdue: How long ago it may have been: races go off late.
    """

    event_types: tuple[str, ...] = ("horse-racing",)
    countries: tuple[str, ...] = ("GB", "IE")
    market_types: tuple[str, ...] = ("WIN",)
    within: Seconds = 43_200.0
    overdue: Seconds = 600.0


class _Limits(_Section):
    """Limits by the names of rules; of a range, what is not set stays as by default, and null opens it."""

    @model_validator(mode="before")
    @classmethod
    def _over_defaults(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        return {name: _over(cls.model_fields.get(name), value) for name, value in values.items()}


class MarketLimitSettings(_Limits):
    """The limits of markets: the rules of `betflow.trading.eligibility` say what each is of."""

    status: tuple[MarketStatus, ...] | None = (MarketStatus.OPEN,)
    in_play: bool | None = False
    bsp: bool | None = None
    time_to_off: SpanSettings = SpanSettings(min=60)
    field_size: RangeSettings = RangeSettings(min=Decimal(5))
    total_matched: RangeSettings = RangeSettings(min=Decimal(2000))
    size_at_best: RangeSettings = RangeSettings(min=Decimal(100))
    median_spread: RangeSettings = RangeSettings(max=Decimal(5))
    favourite_spread: RangeSettings = RangeSettings(max=Decimal(2))
    back_overround: RangeSettings = RangeSettings(max=Decimal(10))
    lay_overround: RangeSettings = RangeSettings()
    entropy: RangeSettings = RangeSettings(min=Decimal("0.5"))
    top_three_share: RangeSettings = RangeSettings(max=Decimal("0.9"))


class RunnerLimitSettings(_Limits):
    """The limits of runners: the rules of `betflow.trading.selection` say what each is of."""

    back_price: RangeSettings = RangeSettings()
    lay_price: RangeSettings = RangeSettings(min=Decimal(12), max=Decimal(18))
    spread: RangeSettings = RangeSettings(max=Decimal(2))
    back_size: RangeSettings = RangeSettings()
    lay_size: RangeSettings = RangeSettings(min=Decimal(2))


class DiscoverySettings(_Section):
    """
    What is looked for, and how it is judged.

    Attributes:
        search: Which markets are looked for.
        market: The limits of markets.
        runner: The limits of runners.
    """

    search: SearchSettings = SearchSettings()
    market: MarketLimitSettings = MarketLimitSettings()
    runner: RunnerLimitSettings = RunnerLimitSettings()


def _over(field: FieldInfo | None, value: object) -> object:
    """Return the value of a field, completed by the field's default where that is a range."""
    default = field.default if field else None
    if not isinstance(default, _Between):
        return value
    if value is None:
        return type(default)()
    return default.model_dump() | value if isinstance(value, dict) else value
