"""Markets for `ExchangeService`: the catalogue, and books that are recorded or made up."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from betflow.exchange.prices import CLASSIC
from betflow.exchange.times import epoch_ms, iso
from certificates import NOW_MS
from exchange_service import ExchangeService
from loopback import Answer, Received
from tapes import shared_responses

OFF = iso(NOW_MS + 600_000)
"""Ten minutes after the time of the tests."""


def recorded_books() -> list[dict[str, Any]]:
    """Return the books of a recorded answer of listMarketBook: horse races of 2015, before their off."""
    path = shared_responses() / "betfair_parser/betting/list_market_book.json"
    books: list[dict[str, Any]] = json.loads(path.read_text())["result"]
    return books


def made_up_book(market_id: str, runners: int = 6) -> dict[str, Any]:
    """Return a book before the off, 2.4 % over with all six runners, each a tick wide."""
    backs = (3.0, 4.5, 6.0, 8.0, 10.0, 13.0)[:runners]
    return {
        "marketId": market_id,
        "isMarketDataDelayed": False,
        "status": "OPEN",
        "inplay": False,
        "numberOfWinners": 1,
        "totalMatched": 123_456.78,
        "runners": [
            {
                "selectionId": 10_000_000 + number,
                "handicap": 0.0,
                "status": "ACTIVE",
                "lastPriceTraded": back,
                "totalMatched": 12_345.67,
                "ex": {
                    "availableToBack": _offers(CLASSIC.move(back, -level) for level in range(3)),
                    "availableToLay": _offers(CLASSIC.move(back, level + 1) for level in range(3)),
                    "tradedVolume": [{"price": back, "size": 12_345.67}],
                },
            }
            for number, back in enumerate(backs)
        ],
    }


def _offers(prices: Iterable[Decimal]) -> list[dict[str, float]]:
    return [{"price": float(price), "size": 1_234.56 + level} for level, price in enumerate(prices)]


def catalogue(book: dict[str, Any], **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return an entry of the catalogue for a book."""
    described = {
        "bspMarket": True,
        "marketTime": facts.get("marketStartTime", OFF),
        "suspendTime": OFF,
        "bettingType": "ODDS",
        "turnInPlayEnabled": True,
        "marketType": "WIN",
    }
    runners = [
        {
            "selectionId": each["selectionId"],
            "runnerName": f"Runner {each['selectionId']}",
            "handicap": each["handicap"],
            "sortPriority": place,
        }
        for place, each in enumerate(book["runners"], start=1)
    ]
    return {
        "marketId": book["marketId"],
        "marketName": "R1 5f Hcap",
        "marketStartTime": OFF,
        "description": described,
        "event": {"id": "1", "name": "Ascot 18th Feb", "venue": "Ascot", "countryCode": "GB"},
        "eventType": {"id": "7", "name": "Horse Racing"},
        "runners": runners,
        **facts,
    }


@dataclass
class Markets:
    """
    What is to be found, and answers about it.

    Attributes:
        catalogues: What listMarketCatalogue chooses from: by ids, and by the first and last scheduled off.
        books: What listMarketBook answers with, by market; others are left out.
        at_any_time: Whether the scheduled off does not matter.
        sent: The answers of the services, byte for byte, where `recording` stands before them.
    """

    catalogues: Sequence[dict[str, Any]]
    books: dict[str, dict[str, Any]]
    at_any_time: bool = False
    sent: list[bytes] = field(default_factory=list)

    @property
    def results(self) -> dict[str, Any]:
        """The answers, by operation."""
        return {"listMarketCatalogue": self._chosen, "listMarketBook": self._books_of}

    def recording(self, service: ExchangeService) -> Callable[[Received], Answer]:
        """Return what answers as the service does, and notes what was sent."""

        def answer(request: Received) -> Answer:
            given = service(request)
            if "/api/" not in request.path:
                self.sent.append(given.body)
            return given

        return answer

    def _chosen(self, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = parameters["filter"]
        times = wanted.get("marketStartTime", {"from": "1970-01-01", "to": "2070-01-01"})
        first, last = (epoch_ms(times[end]) for end in ("from", "to"))
        found = [
            each
            for each in self.catalogues
            if each["marketId"] in wanted.get("marketIds", [each["marketId"]])
            and (self.at_any_time or first <= epoch_ms(each["marketStartTime"]) <= last)
        ]
        found.sort(key=lambda each: str(each["marketStartTime"]))
        return found[: parameters["maxResults"]]

    def _books_of(self, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        return [self.books[each] for each in parameters["marketIds"] if each in self.books]
