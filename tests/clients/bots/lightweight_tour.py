"""
A day at the exchange with betfairlightweight: log in, look around, follow, bet, and read the accounts.

Run by the tests with the Python of other people's clients. The client is as its authors made it; only
addresses and the authority are ours. Prints one JSON object with what it saw.
"""

import collections
import json
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any

import betfairlightweight as bflw
import requests
from betfairlightweight.filters import (
    cancel_instruction,
    limit_order,
    market_filter,
    place_instruction,
    price_projection,
    replace_instruction,
    streaming_market_data_filter,
    streaming_market_filter,
    streaming_order_filter,
    time_range,
    update_instruction,
)
from betfairlightweight.streaming import BetfairStream

PATIENCE_S = 60.0


def connected(where: dict[str, Any]) -> bflw.APIClient:
    """Return a client that finds the sandbox."""
    os.environ["REQUESTS_CA_BUNDLE"] = where["ca_file"]
    client = bflw.APIClient(
        where["username"], where["password"], app_key=where["app_key"], certs=where["certs"]
    )
    client.identity_uri = client.identity_cert_uri = where["identity"]
    client.api_uri = where["api"]
    client.navigation_uri = where["navigation"]
    host, _, port = where["stream"].rpartition(":")
    BetfairStream.HOSTS = collections.defaultdict(lambda: host)
    BetfairStream._BetfairStream__port = int(port)
    return client


def hurry(where: dict[str, Any]) -> None:
    """Let the exchange's time run fast from now on; until then a slow machine cannot be late."""
    answer = requests.post(f"{where['admin']}clock", json={"speed": 200}, verify=where["ca_file"], timeout=10)
    answer.raise_for_status()


class Follower:
    """A stream in a thread of its own; what comes is waited for."""

    def __init__(self, client: bflw.APIClient, number: int) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()
        self.listener = bflw.StreamListener(output_queue=self._queue, max_latency=None)
        self.stream = client.streaming.create_stream(unique_id=number, listener=self.listener)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.error = ""

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self.stream.start()
        except bflw.exceptions.SocketError as error:
            self.error = str(error)

    def wait_for(self, is_it: Any) -> Any:
        """Return the first thing that is what is waited for."""
        deadline = time.monotonic() + PATIENCE_S
        while (left := deadline - time.monotonic()) > 0:
            try:
                things = self._queue.get(timeout=left)
            except queue.Empty:
                break
            for thing in things:
                if is_it(thing):
                    return thing
        raise TimeoutError(f"what was waited for did not come; {self.error or 'the stream lives'}")


def order_of(orders: Any, bet_id: str) -> Any:
    """Return an order among current orders; None where it is not."""
    return next((each for each in orders.orders if each.bet_id == bet_id), None)


def looked_around(client: bflw.APIClient, filter_: dict[str, Any]) -> dict[str, Any]:
    """Ask everything that only reads markets."""
    betting = client.betting
    return {
        "event_types": sorted(each.event_type.name for each in betting.list_event_types()),
        "competitions": len(betting.list_competitions()),
        "events": len(betting.list_events(filter=filter_)),
        "countries": sorted(each.country_code for each in betting.list_countries(filter=filter_)),
        "market_types": sorted(each.market_type for each in betting.list_market_types(filter=filter_)),
        "venues": len(betting.list_venues(filter=filter_)),
        "time_ranges": len(betting.list_time_ranges(granularity="HOURS")),
        "currency": client.account.get_account_details().currency_code,
        "rates": len(client.account.list_currency_rates()),
        "navigation": client.navigation.list_navigation()["type"],
    }


def bet(client: bflw.APIClient, market_id: str, *instructions: dict[str, Any]) -> list[Any]:
    """Place orders, and return the reports."""
    report = client.betting.place_orders(
        market_id=market_id, instructions=list(instructions), customer_strategy_ref="tour"
    )
    assert report.status == "SUCCESS", (report.status, report.error_code, report._data)
    return list(report.place_instruction_reports)


def back(selection_id: int, price: float, size: float, ref: str) -> dict[str, Any]:
    """Return an instruction to back."""
    instruction: dict[str, Any] = place_instruction(
        order_type="LIMIT",
        selection_id=selection_id,
        side="BACK",
        limit_order=limit_order(price=price, size=size, persistence_type="LAPSE"),
        customer_order_ref=ref,
    )
    return instruction


def betted(
    client: bflw.APIClient, market_id: str, favourite: int, other: int, orders: Follower
) -> dict[str, Any]:
    """Bet in every way there is, and see it on the stream of orders."""
    # One that waits, changed in every way there is, and one that takes what is offered.
    (waiting,) = bet(client, market_id, back(favourite, 1000, 10.0, "waits"))
    assert waiting.order_status == "EXECUTABLE"
    streamed = orders.wait_for(lambda each: order_of(each, waiting.bet_id))
    streamed_ref = order_of(streamed, waiting.bet_id).customer_order_ref
    updated = client.betting.update_orders(
        market_id=market_id, instructions=[update_instruction(waiting.bet_id, "PERSIST")]
    )
    cancelled = client.betting.cancel_orders(
        market_id=market_id, instructions=[cancel_instruction(waiting.bet_id, size_reduction=4.0)]
    )
    replaced = client.betting.replace_orders(
        market_id=market_id, instructions=[replace_instruction(waiting.bet_id, 990)]
    )
    (replacement,) = replaced.replace_instruction_reports
    new_id = replacement.place_instruction_reports.bet_id
    current = client.betting.list_current_orders(bet_ids=[new_id])
    seen = {
        "streamed_ref": streamed_ref,
        "updated": updated.status,
        "cancelled": cancelled.cancel_instruction_reports[0].size_cancelled,
        "replaced": replacement.status,
        "replacement": [
            (each.price_size.price, each.price_size.size, each.persistence_type) for each in current.orders
        ],
    }
    all_cancelled = client.betting.cancel_orders(market_id=market_id)
    seen["all_cancelled"] = all_cancelled.status
    orders.wait_for(lambda each: (got := order_of(each, new_id)) and got.status == "EXECUTION_COMPLETE")

    taken = bet(client, market_id, back(favourite, 1.01, 5.0, "favourite"), back(other, 1.01, 3.0, "other"))
    seen["matched"] = [each.size_matched for each in taken]
    first_id = taken[0].bet_id
    final = order_of(orders.wait_for(lambda each: order_of(each, first_id)), first_id)
    seen["streamed_price"] = final.average_price_matched
    seen["asked_price"] = taken[0].average_price_matched

    return seen


def paid(client: bflw.APIClient, market_id: str) -> dict[str, Any]:
    """Read what the market paid, in every way there is, once it is cleared."""
    deadline = time.monotonic() + PATIENCE_S
    while not (cleared := client.betting.list_cleared_orders(market_ids=[market_id]).orders):
        assert time.monotonic() < deadline, "the market closed and nothing was cleared"
        time.sleep(0.05)
    by = {
        group: client.betting.list_cleared_orders(market_ids=[market_id], group_by=group).orders
        for group in ("MARKET", "SIDE", "EVENT", "EVENT_TYPE")
    }
    lapsed = client.betting.list_cleared_orders(bet_status="CANCELLED", market_ids=[market_id]).orders
    statement = client.account.get_account_statement(item_date_range=time_range())
    funds = client.account.get_account_funds()
    return {
        "bets": {each.bet_id: each.profit for each in cleared},
        "prices": {each.bet_id: each.price_matched for each in cleared},
        "rolled_up": {group: [each.profit for each in rows] for group, rows in by.items()},
        "commission": by["MARKET"][0].commission,
        "cancelled_sizes": sorted(each.size_cancelled for each in lapsed),
        "statement": [each.amount for each in statement.account_statement],
        "balance": statement.account_statement[0].balance,
        "after": funds.available_to_bet_balance,
        "exposure": funds.exposure,
    }


def main() -> None:
    """Go through the day."""
    where = json.loads(Path(sys.argv[1]).read_text())
    client = connected(where)
    seen: dict[str, Any] = {"login": client.login().login_status, "keep_alive": client.keep_alive().status}
    before = client.account.get_account_funds().available_to_bet_balance
    filter_ = market_filter(event_type_ids=["7"], market_type_codes=["WIN"])
    seen |= looked_around(client, filter_)

    catalogue = client.betting.list_market_catalogue(
        filter=filter_,
        market_projection=[
            "COMPETITION",
            "EVENT",
            "EVENT_TYPE",
            "MARKET_START_TIME",
            "MARKET_DESCRIPTION",
            "RUNNER_DESCRIPTION",
            "RUNNER_METADATA",
        ],
        sort="FIRST_TO_START",
        max_results=25,
    )
    market = catalogue[0]
    seen |= {"market_id": market.market_id, "runners": len(market.runners), "event": market.event.name}

    markets, orders = Follower(client, 1000), Follower(client, 2000)
    markets.stream.subscribe_to_markets(
        market_filter=streaming_market_filter(market_ids=[market.market_id]),
        market_data_filter=streaming_market_data_filter(
            fields=["EX_ALL_OFFERS", "EX_TRADED", "EX_TRADED_VOL", "EX_LTP", "EX_MARKET_DEF", "SP_TRADED"]
        ),
        conflate_ms=0,
    )
    orders.stream.subscribe_to_orders(
        order_filter=streaming_order_filter(partition_matched_by_strategy_ref=True)
    )
    markets.start()
    orders.start()
    book = markets.wait_for(lambda each: each.status == "OPEN" and not each.inplay)
    seen["streamed_runners"] = len(book.runners)

    asked = client.betting.list_market_book(
        market_ids=[market.market_id],
        price_projection=price_projection(price_data=["EX_ALL_OFFERS", "EX_TRADED", "SP_AVAILABLE"]),
    )[0]
    priced = [each for each in asked.runners if each.status == "ACTIVE" and each.ex.available_to_back]
    priced.sort(key=lambda each: each.ex.available_to_back[0].price)
    seen |= betted(client, market.market_id, priced[0].selection_id, priced[1].selection_id, orders)
    hurry(where)
    markets.wait_for(lambda each: each.status == "CLOSED")
    seen |= paid(client, market.market_id)
    seen |= {"before": before, "logout": client.logout().status}
    markets.stream.stop()
    orders.stream.stop()
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
