"""
The object that bets with real money. It is made only for a permission, and nothing in betflow gives one yet.

Nothing here is repeated by itself, but for a session that Betfair refused: then it did nothing. Where nobody
knows what Betfair did, that is an error of its own (`UnknownOutcomeError`, exit code 8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from betflow.betfair.channel import Channel, Connection
from betflow.betfair.endpoints import Jurisdiction
from betflow.betfair.planning import check_orders
from betflow.betfair.reports import OPEN_CODES, open_code
from betflow.errors import Sent, UnknownOutcomeError, UsageError
from betflow.wire import operations
from betflow.wire.account import CreateDeveloperAppKeys, DeveloperApp, TransferFunds, TransferResponse
from betflow.wire.betting import (
    CancelExecutionReport,
    CancelOrders,
    ExecutionReport,
    OrderRequest,
    PlaceExecutionReport,
    PlaceOrders,
    ReplaceExecutionReport,
    ReplaceOrders,
    UpdateExecutionReport,
    UpdateOrders,
)
from betflow.wire.heartbeat import Heartbeat, HeartbeatReport
from betflow.wire.operations import Effect, Operation

_SHOWN_BETS = 10

_Request = TypeVar("_Request", PlaceOrders, CancelOrders, ReplaceOrders, UpdateOrders)
_Report = TypeVar(
    "_Report", PlaceExecutionReport, CancelExecutionReport, ReplaceExecutionReport, UpdateExecutionReport
)


@dataclass(frozen=True, slots=True)
class LivePermission:
    """
    That somebody has allowed betting with real money, knowing what it means.

    Whoever makes one answers for it. Only the live gate may, and there is none yet: a test sees to it that no
    other place in betflow does.

    Attributes:
        account: Whose money it is: the username.
        reason: Why, for the journal.
    """

    account: str
    reason: str


class OpenReportError(UnknownOutcomeError):
    """
    Betfair answered, and the answer does not say what became of orders.

    They may still be placed within 15 seconds after the bet delay. `report` has what is known.
    """

    def __init__(self, report: ExecutionReport, code: str, *, operation: str, ids: Mapping[str, str]) -> None:
        super().__init__(
            f"{code}: {OPEN_CODES.get(code, 'a status that nobody knows')}.",
            operation=operation,
            sent=Sent.UNKNOWN,
            ids=ids,
            code=code,
            advice="Wait 15 s and the bet delay, then look at the current and at the cleared orders: what is "
            "in neither was not placed.",
        )
        self.report = report


class OrdersGateway:
    """
    Bets; may be used by several threads.

    Every method raises what `betflow.betfair.channel.Channel.call` raises, `UsageError` for a request that
    Betfair would not take, and `UnknownOutcomeError` where it is not known what Betfair did. A report may
    still tell of a refusal: look at its status.

    When *within_s* have passed a request is not sent any more, not even again after a login, and its answer
    not waited for; None is as long as the connection's policy says.

    Args:
        connection: To whom.
        permission: To bet with real money.

    Raises:
        UsageError: without a permission.
    """

    def __init__(self, connection: Connection, permission: LivePermission) -> None:
        if type(permission) is not LivePermission or not permission.account or not permission.reason:
            raise UsageError(
                "Betting with real money is not permitted.",
                advice="Use paper betting; the object that bets is made for an explicit LivePermission only.",
            )
        self.permission = permission
        self._is_italian = connection.jurisdiction is Jurisdiction.ITALY
        self._channel = Channel(connection, frozenset({Effect.ORDERS, Effect.ACCOUNT}))

    def place_orders(self, request: PlaceOrders, *, within_s: float | None = None) -> PlaceExecutionReport:
        """
        Place bets, all or none; the customerRef is what makes it safe to send the same again.

        In play Betfair answers only after the bet delay and what the matcher takes: *within_s* is longer.
        """
        return self._done(operations.PLACE_ORDERS, request, within_s)

    def cancel_orders(self, request: CancelOrders) -> CancelExecutionReport:
        """Cancel what is unmatched of bets that are named; never held back by limits of ours."""
        return self._done(operations.CANCEL_ORDERS, request)

    def cancel_market_orders(self, market_id: str) -> CancelExecutionReport:
        """Cancel everything that is unmatched in a market; never held back."""
        if not market_id:
            raise UsageError(
                "cancelOrders has no market, and Betfair would cancel everything.",
                advice="Name the market; to cancel all of the account there is cancel_all_orders.",
            )
        return self._reported(operations.CANCEL_ORDERS, CancelOrders(market_id=market_id))

    def cancel_all_orders(self) -> CancelExecutionReport:
        """Cancel everything that is unmatched of the account; never held back; the report names no bets."""
        return self._reported(operations.CANCEL_ORDERS, CancelOrders())

    def replace_orders(
        self, request: ReplaceOrders, *, within_s: float | None = None
    ) -> ReplaceExecutionReport:
        """Cancel bets and place them at other prices; a new bet that fails brings no old one back."""
        return self._done(operations.REPLACE_ORDERS, request, within_s)

    def update_orders(self, request: UpdateOrders, *, within_s: float | None = None) -> UpdateExecutionReport:
        """Change what bets do at the turn in play."""
        return self._done(operations.UPDATE_ORDERS, request, within_s)

    def heartbeat(self, request: Heartbeat) -> HeartbeatReport:
        """
        Say that we live: unless it is said again in time, Betfair cancels the account's LIMIT bets.

        Never held back by limits of ours: a breaker that is open must not look like our death.
        """
        return self._channel.call(operations.HEARTBEAT, request)

    def create_developer_app_keys(self, request: CreateDeveloperAppKeys) -> DeveloperApp:
        """Make the app keys of an account that has none."""
        return self._channel.call(operations.CREATE_DEVELOPER_APP_KEYS, request)

    def transfer_funds(self, request: TransferFunds) -> TransferResponse:
        """Move money between the wallets of the account."""
        return self._channel.call(operations.TRANSFER_FUNDS, request)

    def _done(
        self, operation: Operation[_Request, _Report], request: _Request, within_s: float | None = None
    ) -> _Report:
        check_orders(request, italian=self._is_italian)
        return self._reported(operation, request, within_s)

    def _reported(
        self, operation: Operation[_Request, _Report], request: _Request, within_s: float | None = None
    ) -> _Report:
        ids = _ids(request)
        return _known(self._channel.call(operation, request, ids, within_s=within_s), operation.name, ids)


def _known(report: _Report, operation: str, ids: Mapping[str, str]) -> _Report:
    """Return a report that says what happened; one that does not is an error: nobody may take it for a no."""
    code = open_code(report)
    if code is not None:
        raise OpenReportError(report, code, operation=operation, ids=ids)
    return report


def _ids(request: OrderRequest) -> dict[str, str]:
    """Return what orders are about: enough to find them again, and nothing of what they say."""
    bets = [] if isinstance(request, PlaceOrders) else [each.bet_id for each in request.instructions or ()]
    more = f" and {len(bets) - _SHOWN_BETS} more" if len(bets) > _SHOWN_BETS else ""
    shown = ", ".join(bets[:_SHOWN_BETS]) + more
    ids = {"marketId": request.market_id, "customerRef": request.customer_ref, "betIds": shown}
    return {name: value for name, value in ids.items() if value}
