"""``betflow test-connection``: everything that a session needs, once, from the login to the stream."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from betflow.betfair.channel import Connection
from betflow.betfair.login_statuses import explain
from betflow.betfair.reading import ReadingGateway
from betflow.betfair.stream.happenings import Authenticated, Connected
from betflow.errors import Finding
from betflow.jobs.connecting import open_connection, open_stream, stream_policy
from betflow.jobs.funds import read_funds
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.settings import Settings
from betflow.wire.stream import MarketSubscription

EVENT_TYPES_SHOWN = 10

_T = TypeVar("_T")


def test_connection(context: RunContext) -> Outcome:
    """
    Log in, list the event types, read the funds, and shake hands with the stream; say how long each took.

    It logs in whether there is a session or not, since that is what is tried. Nothing is subscribed to.

    Raises:
        ConfigurationError: there is nothing to log in with, or the certificate cannot be used.
        GatewayError: the first step that failed, and why.
    """
    settings = context.settings
    with open_connection(settings, clock=context.clock) as connection:
        timed = _Stopwatch(connection.pace.now_s)
        betfair = ReadingGateway(connection)
        session, login = timed(connection.session.log_in)
        event_types, listing = timed(betfair.list_event_types)
        funds, reading = timed(lambda: read_funds(betfair))
        connection_id, shaking = timed(lambda: _shake_hands(settings, connection))
        host, port = connection.endpoints.stream
        named = [(each.event_type, each.market_count) for each in event_types if each.event_type]
        data = {
            "login": {
                "by": "certificate" if connection.session.with_certificate else "password",
                "username": settings.betfair.api.username,
                "restriction": session.restriction or None,
                "seconds": login,
            },
            "event_types": {
                "count": len(event_types),
                "first": [
                    {"id": kind.id, "name": kind.name, "markets": markets}
                    for kind, markets in named[:EVENT_TYPES_SHOWN]
                ],
                "seconds": listing,
            },
            "funds": {**funds, "seconds": reading},
            "stream": {"address": f"{host}:{port}", "connection_id": connection_id, "seconds": shaking},
            "seconds": timed.total,
        }
    return Outcome(data, (*_restriction(session.restriction), *connection.findings))


class _Stopwatch:
    """Takes the time of steps; *total* is of all of them, in seconds."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.total = 0.0

    def __call__(self, step: Callable[[], _T]) -> tuple[_T, float]:
        """Return what a step returns, and how many seconds it took."""
        started = self._now_s()
        result = step()
        seconds = round(self._now_s() - started, 6)
        self.total = round(self.total + seconds, 6)
        return result, seconds


def _shake_hands(settings: Settings, connection: Connection) -> str | None:
    """
    Connect to the stream, let it greet, authenticate; return Betfair's name for the connection.

    One attempt: somebody is waiting, and wants to know.
    """
    policy = replace(stream_policy(settings.betfair), attempts=1)
    stream = open_stream(settings, connection, [MarketSubscription(id=0)], policy=policy)
    connection_id = None
    for each in stream:
        if isinstance(each, Connected):
            connection_id = each.connection_id
        elif isinstance(each, Authenticated):
            stream.stop()  # before the subscription is sent
    return connection_id


def _restriction(code: str) -> list[Finding]:
    if not code:
        return []
    return [
        Finding(
            "connection.limited-access",
            "login",
            f"Betfair lets the account look and not bet: {code}. {explain(code).advice}",
        )
    ]
