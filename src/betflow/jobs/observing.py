"""
What MARKET on a command line means for who looks at one market: Betfair's now, or a tape's at a moment.

With a moment it is an archived market or a file; without one, Betfair is asked.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from betflow.betfair.reading import ReadingGateway
from betflow.errors import Finding, NotFoundError, UsageError
from betflow.exchange.observed import ObservedMarket, of_answers, of_book
from betflow.exchange.times import parse_moment
from betflow.jobs.clock import Clock
from betflow.jobs.connecting import exchange_clock, open_connection
from betflow.jobs.market_search import CATALOGUE
from betflow.jobs.outcome import Artifact, artifact_of
from betflow.jobs.runs import RunContext
from betflow.jobs.sources import open_market
from betflow.jobs.tape_book import book_at
from betflow.wire.book import ListMarketBook, PriceProjection
from betflow.wire.catalogue import ListMarketCatalogue, MarketCatalogue, MarketFilter
from betflow.wire.enums import PriceData

AS_SHOWN: Final = PriceProjection(price_data=(PriceData.EX_ALL_OFFERS, PriceData.EX_TRADED), virtualise=True)
"""All prices, with those of cross matching, as the website shows them, and what was traded at each."""

AS_OFFERED: Final = PriceProjection(price_data=(PriceData.EX_ALL_OFFERS, PriceData.EX_TRADED))
"""The same without those of cross matching, as the stream and tapes have them."""


@dataclass(frozen=True, slots=True)
class MarketAt:
    """
    Which market, and when.

    Attributes:
        market: Betfair's id, or a path; as typed.
        at: A moment of a tape, as typed; None for Betfair's market as it is now.
        market_id: Which market of a file that holds several.
    """

    market: str
    at: str | None = None
    market_id: str | None = None

    @property
    def is_live(self) -> bool:
        """Whether Betfair is asked."""
        return self.at is None


@dataclass(frozen=True, slots=True)
class Sighted:
    """
    A market as it was seen.

    Attributes:
        market: It.
        is_live: Whether Betfair was asked.
        findings: What is damaged or odd in the tape.
        inputs: The tape.
    """

    market: ObservedMarket
    is_live: bool
    findings: tuple[Finding, ...] = ()
    inputs: tuple[Artifact, ...] = ()


def check_market(wanted: MarketAt) -> None:
    """
    Refuse what cannot be meant, before anything is asked or read.

    Raises:
        UsageError: a file without a moment, a moment that is none, or a market of a file where there is none.
    """
    if wanted.at is not None:
        parse_moment(wanted.at)
    elif Path(wanted.market).exists():
        raise UsageError(
            f"{wanted.market} is a file, and its market has many moments.",
            advice="Say which with --at; `betflow tape stats` says when it began and was off.",
        )
    elif wanted.market_id is not None:
        raise UsageError(
            "--market is for a file.", advice="Leave it out, or name a file and a moment (--at)."
        )


def observe(wanted: MarketAt, context: RunContext, projection: PriceProjection = AS_SHOWN) -> Sighted:
    """
    Return a market with all its prices: as Betfair has it now, or as a tape had it at a moment.

    Args:
        wanted: Which market, and when.
        context: Of the run.
        projection: Which prices Betfair is asked for.

    Raises:
        UsageError: as `check_market`, or the tape has nothing of the market at or before the moment.
        NotFoundError: there is no such market, or file.
        DamagedError: nothing of the market can be read.
        GatewayError: Betfair does not answer, or refuses.
    """
    check_market(wanted)
    if wanted.at is None:
        with open_connection(context.settings, clock=context.clock) as connection:
            gateway = ReadingGateway(connection)
            clock = exchange_clock(context.settings, connection, context.clock)
            market = _asked(gateway, wanted.market, projection, clock)
            return Sighted(market, is_live=True, findings=tuple(connection.findings))
    moment = parse_moment(wanted.at)
    source = open_market(wanted.market, context.data_dir, wanted.market_id)
    book, findings = book_at(source, moment)
    return Sighted(
        of_book(book, moment), is_live=False, findings=findings, inputs=(artifact_of(source.tape.path),)
    )


def ask_name(gateway: ReadingGateway, market_id: str) -> MarketCatalogue:
    """
    Ask Betfair what a market is.

    Raises:
        NotFoundError: it has no such market that is open.
        GatewayError: it does not answer, or refuses.
    """
    request = ListMarketCatalogue(
        filter=MarketFilter(market_ids=(market_id,)), market_projection=CATALOGUE, max_results=1
    )
    named = gateway.list_market_catalogue(request)
    if not named:
        raise NotFoundError(
            f"Betfair has no open market {market_id}.",
            advice="`betflow discover` lists markets; for one of the archive, say when with --at.",
        )
    return named[0]


def _asked(
    gateway: ReadingGateway, market_id: str, projection: PriceProjection, clock: Clock
) -> ObservedMarket:
    named = ask_name(gateway, market_id)
    books = gateway.list_market_book(ListMarketBook(market_ids=(market_id,), price_projection=projection))
    return of_answers(named, books[0] if books else None, clock())
