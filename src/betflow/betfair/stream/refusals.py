"""What Betfair's error codes mean for a stream: what to do, and what to tell people."""

from enum import Enum, auto
from typing import Final

from betflow.errors import AuthenticationError, GatewayError, RefusedError, Sent
from betflow.wire.enums import StreamErrorCode


class Reaction(Enum):
    """What the client does about a refusal."""

    RECONNECT = auto()
    RECONNECT_SLOWLY = auto()
    """After the longest delay: more haste makes it worse."""
    START_AFRESH = auto()
    """Reconnect, and ask for an image instead of resuming."""
    LOG_IN = auto()
    """Get a new session, once."""
    DROP_SUBSCRIPTION = auto()
    """Only this subscription ends; trying again would change nothing."""
    GIVE_UP = auto()
    """Trying again would change nothing."""


_REACTIONS: Final[dict[str, Reaction]] = {
    StreamErrorCode.NO_APP_KEY: Reaction.GIVE_UP,
    StreamErrorCode.INVALID_APP_KEY: Reaction.GIVE_UP,
    StreamErrorCode.NO_SESSION: Reaction.LOG_IN,
    StreamErrorCode.INVALID_SESSION_INFORMATION: Reaction.LOG_IN,
    StreamErrorCode.NOT_AUTHORIZED: Reaction.GIVE_UP,
    StreamErrorCode.INVALID_INPUT: Reaction.GIVE_UP,
    StreamErrorCode.INVALID_CLOCK: Reaction.START_AFRESH,
    StreamErrorCode.UNEXPECTED_ERROR: Reaction.RECONNECT,
    StreamErrorCode.TIMEOUT: Reaction.RECONNECT,
    StreamErrorCode.SUBSCRIPTION_LIMIT_EXCEEDED: Reaction.DROP_SUBSCRIPTION,
    StreamErrorCode.INVALID_REQUEST: Reaction.GIVE_UP,
    StreamErrorCode.CONNECTION_FAILED: Reaction.RECONNECT,
    StreamErrorCode.MAX_CONNECTION_LIMIT_EXCEEDED: Reaction.RECONNECT_SLOWLY,
    StreamErrorCode.TOO_MANY_REQUESTS: Reaction.RECONNECT_SLOWLY,
}

_ADVICE: Final[dict[str, str]] = {
    StreamErrorCode.NO_APP_KEY: "Set the app key.",
    StreamErrorCode.INVALID_APP_KEY: "Check the app key: it has to be active, and of this account.",
    StreamErrorCode.NO_SESSION: "Log in, and try again.",
    StreamErrorCode.INVALID_SESSION_INFORMATION: "Log in again; a session ends when the account logs out.",
    StreamErrorCode.NOT_AUTHORIZED: "Ask Betfair to enable the stream for this app key.",
    StreamErrorCode.INVALID_INPUT: "Check the filters of the subscription.",
    StreamErrorCode.INVALID_CLOCK: "Subscribe without a point to resume from.",
    StreamErrorCode.UNEXPECTED_ERROR: "Read faster, or subscribe to less: Betfair often means a slow reader.",
    StreamErrorCode.TIMEOUT: "Read faster, or subscribe to less.",
    StreamErrorCode.SUBSCRIPTION_LIMIT_EXCEEDED: "Narrow the filter, or divide it between connections.",
    StreamErrorCode.INVALID_REQUEST: "Check the subscription: Betfair did not accept its form.",
    StreamErrorCode.CONNECTION_FAILED: "Try again later.",
    StreamErrorCode.MAX_CONNECTION_LIMIT_EXCEEDED: "Close other streams of this account.",
    StreamErrorCode.TOO_MANY_REQUESTS: "Wait: connections are opened too often.",
}

_NOT_LET_IN: Final = frozenset(
    {
        StreamErrorCode.NO_APP_KEY,
        StreamErrorCode.INVALID_APP_KEY,
        StreamErrorCode.NO_SESSION,
        StreamErrorCode.INVALID_SESSION_INFORMATION,
        StreamErrorCode.NOT_AUTHORIZED,
    }
)


def reaction_to(code: str) -> Reaction:
    """Return what to do about an error code; a code that is new may pass, so the connection is made again."""
    return _REACTIONS.get(code, Reaction.RECONNECT)


def refusal(code: str, text: str, *, operation: str, connection_id: str | None) -> GatewayError:
    """Return the error that says that Betfair refused; *text* is Betfair's, without secrets."""
    kind = AuthenticationError if code in _NOT_LET_IN else RefusedError
    return kind(
        f"Betfair answers {': '.join(filter(None, (code, text.rstrip('.'))))}.",
        operation=operation,
        sent=Sent.REFUSED,
        ids={"connectionId": connection_id} if connection_id else None,
        code=code,
        advice=_ADVICE.get(code, ""),
    )
