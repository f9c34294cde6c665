"""Verdicts as they are recorded and printed: the same ones have the same text, and so the same hash."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from betflow.errors import DamagedError
from betflow.exchange.observed import ObservedMarket
from betflow.exchange.snapshot import json_ready
from betflow.exchange.times import iso
from betflow.jobs.stats import market_facts
from betflow.ledger.canonical import canonical_json
from betflow.settings.discovery import (
    DiscoverySettings,
    MarketLimitSettings,
    RangeSettings,
    RunnerLimitSettings,
    SpanSettings,
)
from betflow.trading.eligibility import assess
from betflow.trading.judging import Limit, Limits, OneOf, Range, Reason
from betflow.trading.selection import select


@dataclass(frozen=True, slots=True)
class AllLimits:
    """The limits of markets, and those of their runners."""

    market: Limits
    runner: Limits

    def body(self) -> dict[str, Any]:
        """Return them as JSON types."""
        return {"market": _bodies(self.market), "runner": _bodies(self.runner)}

    @staticmethod
    def read(body: Mapping[str, Any]) -> "AllLimits":
        """
        Return the limits that `body` wrote.

        Raises:
            DamagedError: they are none.
        """
        try:
            return AllLimits(_limits(body["market"]), _limits(body["runner"]))
        except (KeyError, TypeError, AttributeError, ArithmeticError) as error:
            raise DamagedError(
                f"the limits that were recorded cannot be read: {error!r}.",
                advice="Were they written by a newer betflow?",
            ) from error

    def differences(self, profile: "AllLimits") -> list[dict[str, Any]]:
        """Return the rules whose limits, those of a run, a profile has otherwise, with both."""
        return [
            {"rule": f"{kind}.{rule}", "run": ours.get(rule), "profile": theirs.get(rule)}
            for (kind, ours), theirs in zip(self.body().items(), profile.body().values(), strict=True)
            for rule in dict.fromkeys([*ours, *theirs])
            if ours.get(rule) != theirs.get(rule)
        ]


def limits_of(settings: DiscoverySettings) -> AllLimits:
    """Return the limits that a profile sets; a range that is open at both ends is none."""
    return AllLimits(_set_limits(settings.market), _set_limits(settings.runner))


def judged(markets: Iterable[ObservedMarket], limits: AllLimits) -> list[dict[str, Any]]:
    """Judge markets and their runners; return one verdict of each, as JSON types, in the same order."""
    return [_judged(market, limits) for market in markets]


def verdict_bytes(verdicts: Sequence[Mapping[str, Any]]) -> bytes:
    """Return verdicts as the one text that says the same, for a hash of it."""
    return canonical_json(list(verdicts)).encode()


def _judged(market: ObservedMarket, limits: AllLimits) -> dict[str, Any]:
    verdict = assess(market, limits.market)
    return {
        **market_facts(market.market_id, market.definition),
        "moment": market.moment,
        "moment_iso": iso(market.moment),
        "is_delayed": market.is_delayed,
        "eligible": verdict.eligible,
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "runners": [
            {
                "selection_id": runner.selection_id,
                "handicap": runner.handicap,
                "name": runner.name,
                "selected": runner.selected,
                "reasons": [_reason(reason) for reason in runner.reasons],
            }
            for runner in select(market, limits.runner)
        ],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "rule": reason.rule,
        "measured": json_ready(reason.measured),
        "unit": reason.unit,
        "limit": None if reason.limit is None else json_ready(reason.limit.body()),
        "passed": reason.passed,
        "because": reason.because,
    }


def _bodies(limits: Limits) -> dict[str, Any]:
    return {rule: json_ready(limit.body()) for rule, limit in limits.items()}


def _set_limits(settings: MarketLimitSettings | RunnerLimitSettings) -> dict[str, Limit]:
    found = {name: _set_limit(getattr(settings, name)) for name in type(settings).model_fields}
    return {name: limit for name, limit in found.items() if limit is not None}


def _set_limit(setting: object) -> Limit | None:
    match setting:
        case bool():
            return OneOf((setting,))
        case tuple():
            return OneOf(tuple(map(str, setting)))
        case RangeSettings(min=low, max=high):
            return _range(low, high)
        case SpanSettings(min=low, max=high):
            return _range(*(None if each is None else Decimal(repr(each)) for each in (low, high)))
    return None


def _range(low: Decimal | None, high: Decimal | None) -> Range | None:
    return None if low is None and high is None else Range(low, high)


def _limits(bodies: Mapping[str, Any]) -> dict[str, Limit]:
    return {rule: _limit(body) for rule, body in bodies.items()}


def _limit(body: Any) -> Limit:  # noqa: ANN401 - JSON has no narrower type
    if isinstance(body, list):
        return OneOf(tuple(body))
    ends = (body["min"], body["max"])
    return Range(*(None if each is None else Decimal(repr(each)) for each in ends))
