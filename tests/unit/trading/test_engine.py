"""Playing strategies: when orders act, on what, who is told, and what a mistake costs."""

import inspect
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from acting import Does, Recorded, back, lay, opened, play, priced, redefined, the_market
from betflow.errors import UsageError
from betflow.exchange.matching.orders import Case, Doubt, EventKind, OrderEvent, Rule
from betflow.trading import Engine, Evidence, Latency, Market, Strategy
from betflow.trading.played import RISK
from betflow.trading.risk import MaximumOrders, MaximumStake
from betflow.trading.strategy import Instructions
from betflow.wire.betting import CancelOrders, PlaceOrders
from betflow.wire.enums import OrderStatus
from betflow.wire.stream import MarketChangeMessage


def _broken(market: Market) -> Instructions:
    raise RuntimeError(f"no idea about {market.market_id}")


def _seven() -> Any:  # noqa: ANN401 - a mistake that types would find
    return [7]


BROKEN_LINE = inspect.getsourcelines(_broken)[1] + 1


def test_an_order_acts_after_its_latency() -> None:
    """An order decided at 1000 with a latency of 200 takes the price of 1100, not of 1000 or 1300."""
    strategy = Does(lambda market: [back(market)])

    played = play(
        opened(900),
        priced(1000, (3.0, 50)),
        priced(1100, (3.1, 50)),
        priced(1300, (3.2, 50)),
        strategy=strategy,
    )

    (order,) = the_market(played).orders
    assert [(Decimal("3.1"), (1000, 1000, 1000), 1200)] == [
        (fill.price, fill.amounts, fill.at) for fill in order.fills
    ]


def test_an_order_acts_after_all_messages_of_its_moment() -> None:
    """An order that arrives at 1200 sees the prices that were published at 1200."""
    strategy = Does(lambda market: [back(market)])

    played = play(
        opened(900),
        priced(1000, (3.0, 50)),
        priced(1200, (3.1, 50)),
        priced(1201, (3.2, 50)),
        strategy=strategy,
    )

    (order,) = the_market(played).orders
    assert [Decimal("3.1")] == [fill.price for fill in order.fills]


def test_the_evidence_of_an_arrival_is_the_message_before_it() -> None:
    """What arrives at 1200 is shown by line 3, published at 1100."""
    strategy = Does(lambda market: [back(market)])

    played = play(
        opened(900),
        priced(1000, (3.0, 50)),
        priced(1100, (3.1, 50)),
        priced(1300, (3.2, 50)),
        strategy=strategy,
    )

    market = the_market(played)
    assert {Evidence("tape", 200, 3, 1100)} == {told.evidence for told in market.told}
    assert Evidence("tape", 100, 2, 1000) == market.placements[0].evidence


def test_evidence_is_the_message_of_the_same_market() -> None:
    """Messages of other markets that come between are no evidence."""
    strategy = Does(lambda market: [back(market)] if market.market_id == "1.1" else None)

    played = play(
        opened(900),
        priced(1000, (3.0, 50)),
        opened(1050, market="1.2"),
        priced(1100, (3.1, 50), market="1.2"),
        priced(1300, (3.2, 50)),
        strategy=strategy,
    )

    assert {Evidence("tape", 100, 2, 1000)} == {told.evidence for told in played.markets["1.1"].told}


def test_the_evidence_of_what_the_book_does_is_its_message() -> None:
    """A fill by a trade is shown by the line that has the trade."""
    strategy = Does(lambda market: [back(market, 4.0)])

    played = play(
        opened(900),
        priced(1000, (3.0, 50), (3.1, 50)),
        priced(2000, trd=[(4.0, 10)]),
        priced(3000, trd=[(4.0, 50)]),
        strategy=strategy,
    )

    matched = [told for told in the_market(played).told if told.event.kind is EventKind.MATCHED]
    assert [Evidence("tape", 200, 3, 2000), Evidence("tape", 300, 4, 3000)] == [
        told.evidence for told in matched
    ]


def test_an_order_that_is_due_after_the_tape_stays_on_its_way() -> None:
    """Nothing is known of the book after the last message, so nothing is matched then."""
    strategy = Does(lambda market: [back(market)])

    played = play(opened(900), priced(1000, (3.0, 50)), priced(1199, (3.0, 50)), strategy=strategy)

    (placement,) = the_market(played).placements
    assert (True, None) == (placement.is_on_its_way, placement.order)


def test_an_order_that_is_due_with_the_last_message_acts() -> None:
    """An order that arrives at the moment of the last message is matched on it."""
    strategy = Does(lambda market: [back(market)])

    played = play(opened(900), priced(1000, (3.0, 50)), priced(1200, (3.0, 50)), strategy=strategy)

    assert [1000] == [order.matched[Case.EXPECTED] for order in the_market(played).orders]


def test_a_strategy_is_told_at_once_and_can_answer_before_the_next_message() -> None:
    """What is asked for at a fill at 1200 arrives at 1400, though the next message is at 9000."""

    def answer(market: Market, event: OrderEvent) -> Instructions:
        return [lay(market, 3.2)] if event.kind is EventKind.MATCHED and len(market.placements) == 1 else None

    strategy = Does(lambda market: [back(market)], on_event=answer)

    played = play(
        opened(900), priced(1000, (3.0, 50), (3.2, 50)), priced(9000, lay=(3.2, 0)), strategy=strategy
    )

    _, second = the_market(played).orders
    assert [(Decimal("3.2"), 1400)] == [(fill.price, fill.at) for fill in second.fills]


def test_answers_to_answers_do_not_stop_the_time() -> None:
    """Without any latency, an answer to each event still takes a millisecond."""

    def again(market: Market, event: OrderEvent) -> Instructions:
        return [back(market, 100.0)] if event.kind is EventKind.ACCEPTED else None

    strategy = Does(lambda market: [back(market, 100.0)], on_event=again)

    played = play(
        opened(900), priced(1000, (3.0, 50)), priced(1005, (3.0, 51)), strategy=strategy, latency=Latency(0)
    )

    assert [1000, 1001, 1002, 1003, 1004, 1005] == [order.placed_at for order in the_market(played).orders]


def test_a_strategy_is_woken_between_messages() -> None:
    """Who wants to be woken at 1500 acts then, on the book of 1000."""
    moments: list[int] = []

    def wake(market: Market) -> Instructions:
        moments.append(market.now)
        return [back(market)]

    def ask(market: Market) -> Instructions:
        market.wake_at(1500)
        return None

    played = play(
        opened(900),
        priced(1000, (3.0, 50)),
        priced(9000, (3.5, 50)),
        strategy=Does(ask, on_time=wake),
    )

    (order,) = the_market(played).orders
    assert [1500] == moments
    assert [(Decimal("3.0"), 1700)] == [(fill.price, fill.at) for fill in order.fills]
    assert Evidence("tape", 100, 2, 1000) == the_market(played).placements[0].evidence


def test_nobody_is_woken_in_the_past() -> None:
    """A moment that has passed is a mistake, and says so."""

    def ask(market: Market) -> Instructions:
        market.wake_at(market.now)
        return None

    played = play(opened(900), priced(1000, (3.0, 50)), strategy=Does(ask))

    (finding,) = the_market(played).findings
    assert "1000 is not after now (1000) in market 1.1" in finding.message


def test_a_strategy_that_raises_is_a_finding_that_names_the_line() -> None:
    """The finding has file and line of the strategy, and what it raised."""
    played = play(opened(900), priced(1000, (3.0, 50)), strategy=Does(_broken))

    (finding,) = the_market(played).findings
    assert ("strategy.raised", "1.1") == (finding.code, finding.subject)
    assert f"RuntimeError: no idea about 1.1 at {__file__}:{BROKEN_LINE}" in finding.message
    assert {"strategy": "does", "file": __file__, "line": BROKEN_LINE, "publish_time": 1000} == finding.where


def test_messages_that_go_back_in_time_are_one_finding() -> None:
    """Each is played as it stands; the first is named and all are counted."""
    messages = opened(900), priced(1000, (3.0, 50)), priced(700, (3.1, 50)), priced(800, (3.2, 50))

    played = play(*messages, strategy=Does(lambda _: []))

    [finding] = played.findings
    assert ("tape.time-backwards", {"count": 2, "line": 3, "offset": 200}) == (finding.code, finding.where)


def test_what_is_matched_behind_a_lost_message_is_doubted() -> None:
    """Until an image comes, nobody knows what the lost message said."""

    class Lossy(Recorded):
        on_damage: Any = None

        def messages(self) -> Any:  # noqa: ANN401 - as Recorded
            """Lose a message behind the second."""
            for number, each in enumerate(super().messages(), start=1):
                if number == 3:
                    self.on_damage()
                yield each

    def once(market: Market) -> Instructions:
        return [] if market.has_placed() else [back(market)]

    source = Lossy([opened(900), priced(1000, (3.0, 1)), priced(2000, (3.0, 1)), priced(9000, (3.0, 50))])
    played = Engine([Does(once)]).run([source])

    [order] = the_market(played).orders
    assert [(Doubt.GAP,)] == list({fill.doubts for fill in order.fills})


def test_a_strategy_that_raises_goes_on_in_other_markets() -> None:
    """A mistake ends the strategy in that market only, and no other strategy."""
    strategy = Does(on_book=lambda market: _broken(market) if market.market_id == "1.1" else [back(market)])
    other = Does(lambda market: [back(market)], name="other")

    played = Engine([strategy, other]).run(
        [
            Recorded(
                [
                    opened(900),
                    opened(900, market="1.2"),
                    priced(1000, (3.0, 50), market="1.2"),
                    priced(1000, (3.0, 9)),
                ]
            )
        ]
    )

    assert [1, 0] == [len(market.findings) for market in played.markets.values()]
    assert ["does", "does"] == [each.strategy for each in played.markets["1.2"].placements][:2]
    assert {"other"} == {
        each.strategy for market in played.markets.values() for each in market.placements
    } - {"does"}


def test_the_open_orders_of_a_strategy_that_raises_are_cancelled() -> None:
    """What rests, and what was on its way when it raised, is cancelled; nothing else is asked."""

    def act(market: Market) -> Instructions:
        if market.now == 1500:
            return [back(market, 5.0)]
        return _broken(market) if market.now == 1600 else None

    strategy = Does(lambda market: [back(market, 4.0)], on_book=act)

    played = play(
        opened(900),
        priced(1000, (3.0, 50)),
        priced(1500, (3.0, 51)),
        priced(1600, (3.0, 52)),
        priced(3000, (3.0, 53)),
        strategy=strategy,
    )

    market = the_market(played)
    assert [1000, 1000] == [order.cancelled[Case.EXPECTED] for order in market.orders]
    assert 1 == len(market.findings)


def test_what_a_strategy_yields_before_it_raises_is_not_sent() -> None:
    """A hook that raises has asked for nothing."""

    def act(market: Market) -> Instructions:
        yield back(market)
        raise ValueError

    played = play(opened(900), priced(1000, (3.0, 50)), strategy=Does(act))

    assert [] == the_market(played).placements


def test_something_that_is_no_instruction_is_a_finding() -> None:
    """The finding shows what was returned."""
    played = play(opened(900), priced(1000, (3.0, 50)), strategy=Does(lambda _: _seven()))

    (finding,) = the_market(played).findings
    assert "strategy does asked for 7, which is no instruction" in finding.message


def test_a_request_for_another_market_is_a_finding() -> None:
    """A hook asks for orders in the market that it was called with."""
    request = CancelOrders(market_id="1.2")

    played = play(opened(900), priced(1000, (3.0, 50)), strategy=Does(lambda _: [request]))

    (finding,) = the_market(played).findings
    assert "sent a request for market 1.2 from market 1.1" in finding.message


def test_to_cancel_no_bet_is_a_finding() -> None:
    """Betfair would read an empty list as all of the market, which nobody asked for."""
    request = CancelOrders(market_id="1.1", instructions=())

    played = play(opened(900), priced(1000, (3.0, 50)), strategy=Does(lambda _: [request]))

    (finding,) = the_market(played).findings
    assert "asked to cancel no bet, which Betfair reads as all of the market" in finding.message


def test_a_strategy_that_raises_when_asked_to_accept_is_a_finding() -> None:
    """The market is reported, though nobody played it."""

    class Undecided(Strategy):
        def accepts(self, market: Market) -> bool:
            _broken(market)
            return True

    played = play(opened(900), priced(1000, (3.0, 50)), strategy=Undecided())

    assert ["strategy.raised"] == [finding.code for finding in the_market(played).findings]


def test_markets_that_nobody_accepts_are_not_played() -> None:
    """They are not reported, and no hook is called."""

    class Picky(Does):
        def accepts(self, market: Market) -> bool:
            return market.market_id == "1.2"

    strategy = Picky(lambda market: [back(market)])

    played = play(
        opened(900),
        opened(900, market="1.2"),
        priced(1000, (3.0, 50)),
        priced(1001, (3.0, 5), market="1.2"),
        strategy=strategy,
    )

    assert ["1.2"] == list(played.markets)
    assert ["1.2"] == strategy.closed


def test_a_market_is_played_from_its_first_definition() -> None:
    """Prices that come before any definition are in the book then, and nobody was asked."""
    seen: list[tuple[int, float | None]] = []

    def look(market: Market) -> Instructions:
        runner = market.book.runner(1)
        seen.append((market.now, runner.best_back if runner else None))
        return None

    played = play(
        priced(900, (3.0, 50)), redefined(1000), priced(1100, (3.1, 50)), strategy=Does(on_book=look)
    )

    assert [(1000, 3.0), (1100, 3.1)] == seen
    assert 1000 == the_market(played).opened_at


def test_sources_are_merged_by_publish_time() -> None:
    """Of two tapes, what was published first comes first; at the same moment, the tape given first."""
    seen: list[tuple[int, str]] = []

    def look(market: Market) -> Instructions:
        seen.append((market.now, market.market_id))
        return None

    one = [opened(900), priced(1000, (3.0, 1)), priced(1002, (3.0, 2)), priced(1005, (3.0, 3))]
    two = [
        opened(900, market="1.2"),
        priced(1001, (3.0, 1), market="1.2"),
        priced(1002, (3.0, 2), market="1.2"),
        priced(1002, (3.0, 3), market="1.2"),
        priced(1009, (3.0, 4), market="1.2"),
    ]

    played = Engine([Does(on_book=look)]).run([Recorded(one, "one"), Recorded(two, "two")])

    expected = [
        (900, "1.1"),
        (900, "1.2"),
        (1000, "1.1"),
        (1001, "1.2"),
        (1002, "1.1"),
        (1002, "1.2"),
        (1002, "1.2"),
    ]
    assert [*expected, (1005, "1.1"), (1009, "1.2")] == seen
    assert 9 == played.messages


def test_evidence_names_the_tape_of_its_market() -> None:
    """Of two tapes, each order's evidence is in the one that has its market."""
    one = [opened(900), priced(1000, (3.0, 50)), priced(5000, (3.0, 51))]
    two = [
        opened(950, market="1.2"),
        priced(1050, (3.0, 50), market="1.2"),
        priced(5000, (3.0, 51), market="1.2"),
    ]
    strategy = Does(on_book=lambda market: [] if market.placements or market.now < 1000 else [back(market)])

    played = Engine([strategy]).run([Recorded(one, "one"), Recorded(two, "two")])

    evidence = {told.evidence for market in played.markets.values() for told in market.told}
    assert {Evidence("one", 100, 2, 1000), Evidence("two", 100, 2, 1050)} == evidence


def test_a_market_that_two_tapes_have_is_played_once() -> None:
    """The second is a finding that names both tapes."""
    tapes = [Recorded([opened(900), priced(1000, (3.0, 50))], name) for name in ("one", "two")]

    played = Engine([Does(on_book=lambda market: [back(market)])]).run(tapes)

    (finding,) = played.findings
    assert ("trading.market-twice", "two") == (finding.code, finding.subject)
    assert "Market 1.1 is in one too" in finding.message
    assert 2 == len(played.markets["1.1"].placements)


def test_a_single_instruction_shares_no_fate() -> None:
    """Of two orders, the one that is invalid takes the other with it only in one request."""
    apart = Does(lambda market: [back(market, 2.0), back(market, 2.0, size=0.01)])

    def together(market: Market) -> Instructions:
        instructions = (back(market, 2.0), back(market, 2.0, size=0.01))
        return [PlaceOrders(market_id="1.1", instructions=instructions)]

    messages = opened(900), priced(1000, (3.0, 50)), priced(2000, (3.0, 50))
    separate = the_market(play(*messages, strategy=apart)).placements
    joint = the_market(play(*messages, strategy=Does(together))).placements

    assert [None, "INVALID_BET_SIZE"] == [each.error_code for each in separate]
    assert ["BET_ACTION_ERROR", "INVALID_BET_SIZE"] == [each.error_code for each in joint]


def test_refused_instructions_are_told() -> None:
    """A refusal by the exchange is an event of the order it concerns."""
    strategy = Does(lambda market: [back(market, 2.005)])

    played = play(opened(900), priced(1000, (3.0, 50)), priced(2000, (3.0, 50)), strategy=strategy)

    (told,) = the_market(played).told
    assert (EventKind.REFUSED, "INVALID_ODDS", "1.1-1", 1200) == (
        told.event.kind,
        told.event.error_code,
        told.ref,
        told.event.at,
    )
    assert [told.event] == strategy.events


def test_a_refused_cancel_is_told_with_its_rule() -> None:
    """Cancelling what is matched is refused, and the order it concerns is told so."""

    def cancel(market: Market, event: OrderEvent) -> Instructions:
        return [market.cancel(market.orders[0])] if event.kind is EventKind.MATCHED else None

    strategy = Does(lambda market: [back(market)], on_event=cancel)

    played = play(opened(900), priced(1000, (3.0, 50)), priced(2000, (3.0, 50)), strategy=strategy)

    told = the_market(played).told[-1]
    assert (Rule.CANCEL, "BET_TAKEN_OR_LAPSED", "1.1-1") == (told.event.rule, told.event.error_code, told.ref)


def test_a_replacement_has_a_ref_of_its_own() -> None:
    """Replacing an order twice gives 1.1-1.2 and 1.1-1.3; each names the one before it."""

    def move(market: Market) -> Instructions:
        return (
            [market.replace(market.open_orders[0], 4.0 + market.now / 10_000)] if market.open_orders else None
        )

    strategy = Does(lambda market: [back(market, 4.0)], on_book=move)

    played = play(
        opened(900),
        priced(1000, (3.0, 50)),
        priced(2000, (3.0, 51)),
        priced(4000, (3.0, 52)),
        priced(9000, (3.0, 53)),
        strategy=strategy,
    )

    placements = the_market(played).placements
    assert [("1.1-1", ""), ("1.1-1.2", "1.1-1"), ("1.1-1.3", "1.1-1.2")] == [
        (each.ref, each.replaces) for each in placements
    ]
    assert [4.0, 4.2, 4.4] == [
        each.instruction.limit_order.price for each in placements if each.instruction.limit_order
    ]


def test_what_is_on_its_way_makes_a_market_busy() -> None:
    """From when an order, or its cancel, is sent until the exchange answers."""
    busy: list[tuple[int, bool]] = []

    def look(market: Market) -> Instructions:
        busy.append((market.now, market.is_busy()))
        return [market.cancel(market.orders[0])] if market.now == 2000 else None

    strategy = Does(lambda market: [back(market, 4.0)], on_book=look)

    play(
        opened(900),
        *(priced(each, (3.0, each / 1000)) for each in (1000, 1100, 1300, 2000, 2100, 2300)),
        strategy=strategy,
    )

    assert [
        (900, False),
        (1000, False),
        (1100, True),
        (1300, False),
        (2000, False),
        (2100, True),
        (2300, False),
    ] == busy


def test_what_risk_refuses_never_leaves() -> None:
    """It is among the placements with the reason, and told, and the exchange knows nothing of it."""
    engine = Engine(
        [Does(lambda market: [back(market, size=10), back(market, size=2)])], risk=[MaximumStake(Decimal(5))]
    )

    market = the_market(
        engine.run([Recorded([opened(900), priced(1000, (3.0, 50)), priced(2000, (3.0, 50))])])
    )

    assert [RISK, None] == [each.error_code for each in market.placements]
    assert "a stake of 10.00 is above the limit of 5" == market.placements[0].reason
    assert (EventKind.REFUSED, RISK, "1.1-1") == (
        market.told[0].event.kind,
        market.told[0].event.error_code,
        market.told[0].ref,
    )
    assert 1 == len(market.orders)


def test_risk_looks_at_the_orders_of_all_strategies() -> None:
    """A limit of two orders in a market is reached by two strategies together."""
    strategies = [Does(lambda market: [back(market), back(market)], name=name) for name in ("one", "two")]
    engine = Engine(strategies, risk=[MaximumOrders(3)])

    market = the_market(engine.run([Recorded([opened(900), priced(1000, (3.0, 50))])]))

    assert [None, None, None, RISK] == [each.error_code for each in market.placements]


def test_the_exchange_gets_the_first_15_characters_of_a_name() -> None:
    """Reports have the whole name, the exchange what it takes."""
    strategy = Does(lambda market: [back(market)], name="lay-the-whole-field")

    played = play(opened(900), priced(1000, (3.0, 50)), priced(2000, (3.0, 50)), strategy=strategy)

    (placement,) = the_market(played).placements
    assert placement.order is not None
    assert ("lay-the-whole-field", "lay-the-whole-f") == (placement.strategy, placement.order.strategy)


def test_a_request_may_name_whose_orders_it_has() -> None:
    """A customerStrategyRef of its own stands in the place of the strategy's name."""

    def ask(market: Market) -> Instructions:
        instructions = (back(market),)
        return [PlaceOrders(market_id="1.1", instructions=instructions, customer_strategy_ref="mine")]

    played = play(opened(900), priced(1000, (3.0, 50)), priced(2000, (3.0, 50)), strategy=Does(ask))

    assert ["mine"] == [each.strategy for each in the_market(played).placements]
    assert {"mine"} == {each.strategy for each in the_market(played).told}


def test_fills_while_data_may_be_late_are_doubtful() -> None:
    """A message with status 503 marks what it matches."""
    strategy = Does(lambda market: [back(market, 4.0)])
    late = redefined(1900)
    trade = priced(2000, trd=[(4.0, 50)])

    played = play(
        opened(900),
        priced(1000, (3.0, 50), (3.1, 9)),
        _with_status(late, 503),
        _with_status(trade, 503),
        strategy=strategy,
    )

    (order,) = the_market(played).orders
    assert [("LATE",)] == [fill.doubts for fill in order.fills]


def test_a_strategy_sees_its_own_orders_only() -> None:
    """Two strategies in a market have their orders apart."""
    seen: dict[str, int] = {}

    def look(market: Market) -> Instructions:
        seen[market.strategy] = len(market.orders)
        return None

    one = Does(lambda market: [back(market)], on_book=look, name="one")
    two = Does(lambda market: [back(market), back(market)], on_book=look, name="two")

    Engine([one, two]).run([Recorded([opened(900), priced(1000, (3.0, 50)), priced(2000, (3.0, 50))])])

    assert {"one": 1, "two": 2} == seen


def test_an_order_still_waiting_for_the_bet_delay_is_pending() -> None:
    """In play an order has a bet id while it waits, and acts when the delay is over."""
    statuses: list[tuple[int, OrderStatus]] = []

    def look(market: Market) -> Instructions:
        statuses.extend((market.now, order.status) for order in market.orders)
        return None

    strategy = Does(lambda market: [back(market, 4.0)], on_book=look)

    play(
        opened(900, inPlay=True, betDelay=5),
        *(priced(each, (3.0, each / 1000)) for each in (1000, 2000, 6199, 6201)),
        strategy=strategy,
    )

    pending, open_ = OrderStatus.PENDING, OrderStatus.EXECUTABLE
    assert [(2000, pending), (6199, pending), (6201, open_)] == statuses


@pytest.mark.parametrize("names", [("same", "same"), ("", "other")])
def test_strategies_need_names_of_their_own(names: Sequence[str]) -> None:
    """Orders of strategies with the same name could not be told apart."""
    with pytest.raises(UsageError, match="strategies have the name"):
        Engine([Does(name=name) for name in names])


def test_a_negative_latency_is_refused() -> None:
    """An instruction cannot arrive before it was decided."""
    with pytest.raises(UsageError, match="the latency cancel is -1 ms; expected 0 or more"):
        Latency(cancel=-1)


def test_no_tapes_are_no_markets() -> None:
    """Playing nothing gives nothing."""
    played = Engine([Does()]).run([])

    assert ({}, 0, []) == (played.markets, played.messages, played.findings)


def _with_status(message: MarketChangeMessage, status: int) -> MarketChangeMessage:
    message_fields = {name: getattr(message, name) for name in message.__struct_fields__}
    return MarketChangeMessage(**{**message_fields, "status": status})
