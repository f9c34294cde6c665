"""
What a market is called and what kind it is: all that listMarketCatalogue tells of it.

The stream knows ids, the catalogue names. A listing is what the catalogue knows; how a market stands, and
times that change, are in its definition.
"""

import msgspec

from betflow.wire.catalogue import Competition, Event, EventType, MarketDescription, RunnerCatalog


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """
    A market as it is listed, in the words of the catalogue.

    Attributes:
        market_id: Betfair's id.
        market_name: ``1m2f Hcap``, ``To Be Placed``.
        event: Its event: of a race, the meeting.
        event_type: Its sport.
        competition: Its competition; racing has none.
        runners: Handicaps, names and metadata, in the order of the card.
        description: Rules and the rest.
    """

    market_id: str
    market_name: str
    event: Event
    event_type: EventType
    competition: Competition | None = None
    runners: tuple[RunnerCatalog, ...]
    description: MarketDescription

    def runner(self, selection_id: int, handicap: float = 0.0) -> RunnerCatalog | None:
        """Return a runner, None where the market was not listed with it."""
        for runner in self.runners:
            if runner.selection_id == selection_id and runner.handicap == handicap:
                return runner
        return None
