"""
Every operation that betflow knows: where it is, its parameters, its answer, and what it may change.

Source: the published interface definitions (SportsAPING.xml, AccountAPING.xml, HeartbeatAPING.xml); "Race
Status API".
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec

from betflow.wire import account, betting, book, catalogue, heartbeat, positions, races
from betflow.wire.leniency import Decoded, decode_leniently

Parameters = TypeVar("Parameters", bound=msgspec.Struct)
Answer = TypeVar("Answer")


class Api(StrEnum):
    """A service of Betfair's; the value is what its methods begin with."""

    BETTING = "SportsAPING"
    ACCOUNT = "AccountAPING"
    HEARTBEAT = "HeartbeatAPING"
    SCORES = "ScoresAPING"


class Effect(StrEnum):
    """What an operation can change."""

    NOTHING = "nothing"
    ORDERS = "orders"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Operation(Generic[Parameters, Answer]):
    """
    An operation of one of the services.

    Attributes:
        api: The service.
        name: As Betfair has it.
        parameters: What it takes.
        answer: What it answers with, as a type that `msgspec` decodes.
        effect: What it can change.
        decoder: Decodes an answer from JSON.
    """

    api: Api
    name: str
    parameters: type[Parameters]
    answer: Any
    effect: Effect = Effect.NOTHING
    decoder: "msgspec.json.Decoder[Answer]" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decoder", msgspec.json.Decoder(self.answer, strict=False))

    def decode(self, content: bytes) -> Decoded[Answer]:
        """
        Decode an answer; one that is odd in places, as far as it can be understood.

        Of a report on orders no element may be left out: a bet would be taken for one that is not there.

        Raises:
            msgspec.ValidationError: it cannot be understood.
            msgspec.DecodeError: it is no JSON.
        """
        try:
            return Decoded(self.decoder.decode(content))
        except msgspec.ValidationError:
            decoded: Decoded[Answer] = decode_leniently(content, self.answer)
            if decoded.lost and self.effect is not Effect.NOTHING:
                raise
            return decoded

    @property
    def method(self) -> str:
        """The method as JSON-RPC names it."""
        return f"{self.api}/v1.0/{self.name}"


LIST_EVENT_TYPES: Operation[catalogue.ListEventTypes, tuple[catalogue.EventTypeResult, ...]] = Operation(
    Api.BETTING, "listEventTypes", catalogue.ListEventTypes, tuple[catalogue.EventTypeResult, ...]
)
LIST_COMPETITIONS: Operation[catalogue.ListCompetitions, tuple[catalogue.CompetitionResult, ...]] = Operation(
    Api.BETTING, "listCompetitions", catalogue.ListCompetitions, tuple[catalogue.CompetitionResult, ...]
)
LIST_TIME_RANGES: Operation[catalogue.ListTimeRanges, tuple[catalogue.TimeRangeResult, ...]] = Operation(
    Api.BETTING, "listTimeRanges", catalogue.ListTimeRanges, tuple[catalogue.TimeRangeResult, ...]
)
LIST_EVENTS: Operation[catalogue.ListEvents, tuple[catalogue.EventResult, ...]] = Operation(
    Api.BETTING, "listEvents", catalogue.ListEvents, tuple[catalogue.EventResult, ...]
)
LIST_MARKET_TYPES: Operation[catalogue.ListMarketTypes, tuple[catalogue.MarketTypeResult, ...]] = Operation(
    Api.BETTING, "listMarketTypes", catalogue.ListMarketTypes, tuple[catalogue.MarketTypeResult, ...]
)
LIST_COUNTRIES: Operation[catalogue.ListCountries, tuple[catalogue.CountryCodeResult, ...]] = Operation(
    Api.BETTING, "listCountries", catalogue.ListCountries, tuple[catalogue.CountryCodeResult, ...]
)
LIST_VENUES: Operation[catalogue.ListVenues, tuple[catalogue.VenueResult, ...]] = Operation(
    Api.BETTING, "listVenues", catalogue.ListVenues, tuple[catalogue.VenueResult, ...]
)
LIST_MARKET_CATALOGUE: Operation[catalogue.ListMarketCatalogue, tuple[catalogue.MarketCatalogue, ...]] = (
    Operation(
        Api.BETTING,
        "listMarketCatalogue",
        catalogue.ListMarketCatalogue,
        tuple[catalogue.MarketCatalogue, ...],
    )
)
LIST_MARKET_BOOK: Operation[book.ListMarketBook, tuple[book.MarketBook, ...]] = Operation(
    Api.BETTING, "listMarketBook", book.ListMarketBook, tuple[book.MarketBook, ...]
)
LIST_RUNNER_BOOK: Operation[book.ListRunnerBook, tuple[book.MarketBook, ...]] = Operation(
    Api.BETTING, "listRunnerBook", book.ListRunnerBook, tuple[book.MarketBook, ...]
)
LIST_CURRENT_ORDERS: Operation[positions.ListCurrentOrders, positions.CurrentOrderSummaryReport] = Operation(
    Api.BETTING, "listCurrentOrders", positions.ListCurrentOrders, positions.CurrentOrderSummaryReport
)
LIST_CLEARED_ORDERS: Operation[positions.ListClearedOrders, positions.ClearedOrderSummaryReport] = Operation(
    Api.BETTING, "listClearedOrders", positions.ListClearedOrders, positions.ClearedOrderSummaryReport
)
LIST_MARKET_PROFIT_AND_LOSS: Operation[
    positions.ListMarketProfitAndLoss, tuple[positions.MarketProfitAndLoss, ...]
] = Operation(
    Api.BETTING,
    "listMarketProfitAndLoss",
    positions.ListMarketProfitAndLoss,
    tuple[positions.MarketProfitAndLoss, ...],
)
PLACE_ORDERS: Operation[betting.PlaceOrders, betting.PlaceExecutionReport] = Operation(
    Api.BETTING, "placeOrders", betting.PlaceOrders, betting.PlaceExecutionReport, Effect.ORDERS
)
CANCEL_ORDERS: Operation[betting.CancelOrders, betting.CancelExecutionReport] = Operation(
    Api.BETTING, "cancelOrders", betting.CancelOrders, betting.CancelExecutionReport, Effect.ORDERS
)
REPLACE_ORDERS: Operation[betting.ReplaceOrders, betting.ReplaceExecutionReport] = Operation(
    Api.BETTING, "replaceOrders", betting.ReplaceOrders, betting.ReplaceExecutionReport, Effect.ORDERS
)
UPDATE_ORDERS: Operation[betting.UpdateOrders, betting.UpdateExecutionReport] = Operation(
    Api.BETTING, "updateOrders", betting.UpdateOrders, betting.UpdateExecutionReport, Effect.ORDERS
)
HEARTBEAT: Operation[heartbeat.Heartbeat, heartbeat.HeartbeatReport] = Operation(
    Api.HEARTBEAT, "heartbeat", heartbeat.Heartbeat, heartbeat.HeartbeatReport, Effect.ORDERS
)
GET_ACCOUNT_FUNDS: Operation[account.GetAccountFunds, account.AccountFundsResponse] = Operation(
    Api.ACCOUNT, "getAccountFunds", account.GetAccountFunds, account.AccountFundsResponse
)
GET_ACCOUNT_DETAILS: Operation[account.GetAccountDetails, account.AccountDetailsResponse] = Operation(
    Api.ACCOUNT, "getAccountDetails", account.GetAccountDetails, account.AccountDetailsResponse
)
GET_ACCOUNT_STATEMENT: Operation[account.GetAccountStatement, account.AccountStatementReport] = Operation(
    Api.ACCOUNT, "getAccountStatement", account.GetAccountStatement, account.AccountStatementReport
)
LIST_CURRENCY_RATES: Operation[account.ListCurrencyRates, tuple[account.CurrencyRate, ...]] = Operation(
    Api.ACCOUNT, "listCurrencyRates", account.ListCurrencyRates, tuple[account.CurrencyRate, ...]
)
GET_DEVELOPER_APP_KEYS: Operation[account.GetDeveloperAppKeys, tuple[account.DeveloperApp, ...]] = Operation(
    Api.ACCOUNT, "getDeveloperAppKeys", account.GetDeveloperAppKeys, tuple[account.DeveloperApp, ...]
)
CREATE_DEVELOPER_APP_KEYS: Operation[account.CreateDeveloperAppKeys, account.DeveloperApp] = Operation(
    Api.ACCOUNT,
    "createDeveloperAppKeys",
    account.CreateDeveloperAppKeys,
    account.DeveloperApp,
    Effect.ACCOUNT,
)
TRANSFER_FUNDS: Operation[account.TransferFunds, account.TransferResponse] = Operation(
    Api.ACCOUNT, "transferFunds", account.TransferFunds, account.TransferResponse, Effect.ACCOUNT
)
LIST_RACE_DETAILS: Operation[races.ListRaceDetails, tuple[races.RaceDetails, ...]] = Operation(
    Api.SCORES, "listRaceDetails", races.ListRaceDetails, tuple[races.RaceDetails, ...]
)

OPERATIONS: dict[str, Operation[Any, Any]] = {
    each.method: each for each in list(globals().values()) if isinstance(each, Operation)
}
"""Every operation by its method."""
