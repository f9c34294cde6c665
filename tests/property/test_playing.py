"""Laws of playing strategies over recorded markets."""

from decimal import Decimal
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acting import Recorded
from betflow.exchange.matching.orders import Case
from betflow.tape import Tape
from betflow.trading import Engine, Played, Told
from betflow.trading.results import OrderRow, market_results
from betflow.trading.risk import MaximumExposure
from betflow.trading.strategies import BackFavouriteAtSp, HarvestOddsBand, QuoteBothSides
from betflow.wire.stream import MarketChangeMessage
from tapes import tape

NAMES = ("1.185781277", "1.197931750", "1.205822330")
"""A race in full, one in conflated summaries, and one with three non-runners."""
SAME_EVENT = ("1.197931750", "1.197931751")


@cache
def _messages(name: str) -> tuple[MarketChangeMessage, ...]:
    return tuple(Tape(tape(name)).messages())


def _play(*recordings: tuple[MarketChangeMessage, ...]) -> Played:
    """Play the three strategies that come with betflow, each from long before the off."""
    early = 7 * 24 * 3600.0
    strategies = [
        BackFavouriteAtSp(),
        HarvestOddsBand(spread_ticks=30, seconds_before=early),
        QuoteBothSides(seconds_before=early),
    ]
    return Engine(strategies).run([Recorded(each) for each in recordings])


@cache
def _whole(name: str) -> Played:
    return _play(_messages(name))


def _told(played: Played) -> list[Told]:
    return [told for market in played.markets.values() for told in market.told]


def _rows(played: Played) -> dict[str, list[OrderRow]]:
    return {market_id: list(market_results(market).rows) for market_id, market in played.markets.items()}


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_looks_ahead(name: str, data: st.DataObject) -> None:
    """Cutting a tape at any message never changes what happened, or was asked for, before the cut."""
    messages = _messages(name)
    cut = data.draw(st.integers(1, len(messages) - 1))
    while cut < len(messages) and messages[cut].pt == messages[cut - 1].pt:
        cut += 1
    last = messages[cut - 1].pt

    played = _play(messages[:cut])

    assert [told for told in _told(_whole(name)) if told.event.at <= last] == _told(played)
    for market_id, market in played.markets.items():
        whole = _whole(name).markets[market_id].placements
        asked = [each for each in whole if (each.arrives_at if each.replaces else each.decided_at) <= last]
        assert [each.ref for each in asked] == [each.ref for each in market.placements]


@pytest.mark.parametrize("name", NAMES)
def test_same_input_same_output(name: str) -> None:
    """Playing a tape again gives the same events with the same evidence, and the same rows."""
    again = _play(_messages(name))

    assert _told(_whole(name)) == _told(again)
    assert _rows(_whole(name)) == _rows(again)
    assert _told(again), "nothing was played"


def test_markets_played_together_come_out_as_played_apart() -> None:
    """Two markets of an event give the same rows together as each alone, but for bet ids."""
    together = _rows(_play(*(_messages(name) for name in SAME_EVENT)))

    for name in SAME_EVENT:
        alone = _rows(_play(_messages(name)))[name]
        assert [_without_bet_id(row) for row in alone] == [_without_bet_id(row) for row in together[name]]


def test_the_order_of_tapes_does_not_matter() -> None:
    """Two tapes give the same rows whichever is given first, but for bet ids."""
    forwards = _rows(_play(*(_messages(name) for name in SAME_EVENT)))
    backwards = _rows(_play(*(_messages(name) for name in reversed(SAME_EVENT))))

    for name in SAME_EVENT:
        assert [_without_bet_id(row) for row in forwards[name]] == [
            _without_bet_id(row) for row in backwards[name]
        ]


@pytest.mark.parametrize("name", NAMES)
def test_evidence_is_where_it_says(name: str) -> None:
    """Line and publish time of every evidence are those of a message that changed the market."""
    messages = _messages(name)
    played = Engine([QuoteBothSides(seconds_before=7 * 24 * 3600.0)]).run([Tape(tape(name))])
    lines = Tape(tape(name))
    offsets = [lines.position.offset for _ in lines.messages()]

    evidence = {told.evidence for told in _told(played)}

    assert evidence
    for each in evidence:
        assert each is not None
        assert messages[each.line - 1].pt == each.publish_time
        assert messages[each.line - 1].mc
        assert offsets[each.line - 1] == each.offset


@pytest.mark.parametrize("name", NAMES)
def test_what_is_asked_for_is_accounted_for(name: str) -> None:
    """In every case, an order's size is what is matched, left, cancelled, lapsed and void."""
    for rows in _rows(_whole(name)).values():
        for row in rows:
            for case in (row, row.worst, row.best):
                parts = case.size_matched + case.size_remaining + case.size_cancelled
                assert parts + case.size_lapsed + case.size_voided == case.size


@pytest.mark.parametrize("name", NAMES)
def test_rows_add_up_to_the_market(name: str) -> None:
    """The profits of the orders are the profit of the market, in every case."""
    for market in _whole(name).markets.values():
        results = market_results(market)
        for case in Case:
            rows = [
                {Case.WORST: row.worst, Case.EXPECTED: row, Case.BEST: row.best}[case] for row in results.rows
            ]
            assert results.settled[case].profit == sum(row.profit or 0 for row in rows)


@pytest.mark.parametrize("name", SAME_EVENT)
@pytest.mark.parametrize("limit", [Decimal(5), Decimal(20)])
def test_no_market_loses_more_than_its_exposure_may_be(name: str, limit: Decimal) -> None:
    """Where no runner is removed, a limit of exposure holds, however eager the strategies are."""
    early = 7 * 24 * 3600.0
    strategies = [
        HarvestOddsBand(highest=1000, spread_ticks=50, seconds_before=early),
        QuoteBothSides(most_ahead=1000, seconds_before=early),
    ]
    played = Engine(strategies, risk=[MaximumExposure(limit)]).run([Recorded(_messages(name))])

    for market in played.markets.values():
        assert -market_results(market).settled[Case.EXPECTED].profit <= limit
        assert {"RISK"} & {each.error_code for each in market.placements}, "the limit was never reached"


def _without_bet_id(row: OrderRow) -> dict[str, object]:
    names = [name for name in OrderRow.__struct_fields__ if name != "bet_id"]
    return {name: getattr(row, name) for name in names}
