"""``betflow funds``: what can be bet."""

from typing import Any

import msgspec

from betflow.betfair.calls import Call
from betflow.betfair.reading import ReadingGateway
from betflow.errors import GatewayError
from betflow.jobs.connecting import open_connection
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.wire.account import (
    AccountDetailsResponse,
    AccountFundsResponse,
    GetAccountDetails,
    GetAccountFunds,
)
from betflow.wire.operations import GET_ACCOUNT_DETAILS, GET_ACCOUNT_FUNDS


def funds(context: RunContext) -> Outcome:
    """
    Return the account's funds, in its currency.

    Raises:
        ConfigurationError: there is nothing to log in with.
        GatewayError: Betfair does not answer, or says no.
    """
    with open_connection(context.settings, clock=context.clock) as connection:
        return Outcome(read_funds(ReadingGateway(connection)), tuple(connection.findings))


def read_funds(betfair: ReadingGateway) -> dict[str, Any]:
    """
    Return the account's currency and funds, by Betfair's names, in one request.

    Raises:
        GatewayError: Betfair does not answer, or says no.
    """
    answers = betfair.batch(
        [Call(GET_ACCOUNT_DETAILS, GetAccountDetails()), Call(GET_ACCOUNT_FUNDS, GetAccountFunds())]
    )
    for answer in answers:
        if isinstance(answer, GatewayError):
            raise answer
    details, funds_of_it = answers
    assert isinstance(details, AccountDetailsResponse)  # noqa: S101 - for the type: what the decoder made
    assert isinstance(funds_of_it, AccountFundsResponse)  # noqa: S101 - same
    return {"currency": details.currency_code, **msgspec.structs.asdict(funds_of_it)}
