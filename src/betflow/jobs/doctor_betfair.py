"""What ``betflow doctor`` looks at on Betfair's side: the services, the clock, the login, the app key."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from betflow.betfair.endpoints import Endpoints
from betflow.betfair.login_statuses import explain
from betflow.betfair.probing import probe_api, probe_identity, probe_stream
from betflow.betfair.reading import ReadingGateway
from betflow.betfair.session import Session
from betflow.betfair.tls import verified_context
from betflow.betfair.transport import Reply, Transport
from betflow.betfair.troubles import host_of
from betflow.errors import BetflowError, ConfigurationError
from betflow.jobs.checks import CannotBeMadeError, Check, Measured, Result, checked, skipped
from betflow.jobs.connecting import endpoints_of, open_connection
from betflow.jobs.runs import RunContext
from betflow.settings import BetfairSettings
from betflow.wire.account import DeveloperApp, DeveloperAppVersion

MOST_SKEW_S = 2.0
"""Publish times and ours are compared; and far more makes certificates look invalid."""

_SERVICES = ("identity", "betting", "stream", "clock")
_ACCOUNT = ("login", "app-key")


@dataclass(frozen=True, slots=True)
class _Seen:
    """
    What a server's clock showed; times in milliseconds.

    Attributes:
        date: The server's, as HTTP writes it.
        asked: Ours before.
        answered: Ours after.
    """

    date: str
    asked: int
    answered: int


def check_betfair(context: RunContext, *, unable: str) -> Iterator[Check]:
    """
    Look at everything that needs a connection.

    Args:
        context: The run.
        unable: Why nobody can log in; empty where it can be tried.
    """
    betfair = context.settings.betfair
    try:
        places, trusting = endpoints_of(betfair), verified_context(authority=betfair.ca_file)
    except ConfigurationError as error:
        yield Check("addresses", Result.FAIL, error.message, error.advice, error.exit_code)
        yield from (
            skipped(each, "where to ask, or whom to trust, is not known") for each in _SERVICES + _ACCOUNT
        )
        return
    hosts = dict.fromkeys([host_of(places.login), host_of(places.betting), "{}:{}".format(*places.stream)])
    yield checked("addresses", lambda: Measured(", ".join(hosts)))
    services = list(_check_services(context, places, trusting))
    yield from services
    if services[0].result is not Result.PASS:
        unable = unable or "the identity service cannot be reached"
    yield from _check_account(context, unable)


def _check_services(context: RunContext, places: Endpoints, trusting: ssl.SSLContext) -> Iterator[Check]:
    betfair = context.settings.betfair
    timeout = betfair.api.connect_timeout
    seen: list[_Seen] = []
    transport = Transport(trusting, connect_timeout_s=timeout, read_timeout_s=betfair.api.request_timeout)

    def asked(url: str, ask: Callable[[Transport, str], Reply]) -> Measured:
        before, started = context.clock(), time.monotonic()
        reply = ask(transport, url)
        seconds = time.monotonic() - started
        seen.append(_Seen(reply.date, before, context.clock()))
        return Measured(f"{host_of(url)} answers in {seconds * 1000:.0f} ms, TLS verified")

    def greeted() -> Measured:
        started = time.monotonic()
        connection_id = probe_stream(places.stream, betfair.ca_file, timeout)
        seconds = time.monotonic() - started
        host, port = places.stream
        greeting = f"{host}:{port} greets after {seconds * 1000:.0f} ms, TLS verified"
        return Measured(f"{greeting} (connection {connection_id})")

    with closing(transport):
        yield checked("identity", lambda: asked(places.keep_alive, probe_identity))
        yield checked("betting", lambda: asked(places.betting, probe_api))
    yield checked("stream", greeted)
    yield checked("clock", lambda: _clock(seen, has_its_own=betfair.api.exchange_clock))


def _clock(seen: list[_Seen], *, has_its_own: bool) -> Measured:
    """Compare the clocks, by the answer that came soonest; HTTP tells whole seconds."""
    dated = sorted((each for each in seen if each.date), key=lambda each: each.answered - each.asked)
    if not dated:
        raise CannotBeMadeError("no server told the time")
    best = dated[0]
    try:
        theirs_ms = parsedate_to_datetime(best.date).timestamp() * 1000 + 500
    except (ValueError, OverflowError):
        raise CannotBeMadeError("the server's time cannot be read") from None
    skew = ((best.asked + best.answered) / 2 - theirs_ms) / 1000
    doubt = 0.5 + (best.answered - best.asked) / 2000
    told = (
        f"{abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} the server's, give or take {doubt:.1f} s"
    )
    if has_its_own:
        return Measured(f"{told}, which has a time of its own (betfair.api.exchange_clock)")
    if abs(skew) - doubt > MOST_SKEW_S:
        raise ConfigurationError(
            f"This machine's clock is {told}; the limit is {MOST_SKEW_S:g} s.",
            advice="Set it, and let it be kept: timedatectl set-ntp true",
        )
    return Measured(told)


def _check_account(context: RunContext, unable: str) -> Iterator[Check]:
    if unable:
        yield from (skipped(each, unable) for each in _ACCOUNT)
        return
    betfair = context.settings.betfair
    try:
        with open_connection(context.settings, clock=context.clock) as connection:
            login = checked("login", lambda: _login(connection.session, betfair))
            yield login
            if login.result is Result.PASS:
                yield checked("app-key", lambda: _app_key(ReadingGateway(connection), betfair))
            else:
                yield skipped("app-key", "nobody is logged in")
    except BetflowError as error:
        yield Check("login", Result.FAIL, error.message, error.advice, error.exit_code)
        yield skipped("app-key", "nobody is logged in")


def _login(session: Session, betfair: BetfairSettings) -> Measured:
    restriction = session.token().restriction
    by = "certificate" if session.with_certificate else "password"
    told = f"{betfair.api.username} has a session, by {by}"
    if restriction:
        return Measured(f"{told}; may look and not bet ({restriction})", explain(restriction).advice)
    return Measured(told)


def _app_key(reading: ReadingGateway, betfair: BetfairSettings) -> Measured:
    apps = reading.get_developer_app_keys()
    found = _version(apps, betfair)
    if found is None:
        raise CannotBeMadeError(
            "the key is none of the account's own, so Betfair does not say whether it is delayed"
        )
    name, version = found
    if not version.active:
        raise ConfigurationError(
            f"The app key of '{name}' (version {version.version}) is not active.",
            advice="Set BETFAIR_APP_KEY to one that is (the delayed key is from the beginning), or apply to "
            "Betfair for the activation of the live key.",
        )
    if version.delay_data is None:
        return Measured(f"of '{name}' (version {version.version}), active; whether it is delayed is not told")
    if version.delay_data:
        return Measured(
            f"delayed: of '{name}' (version {version.version}), active",
            "Prices are 1 to 180 s old, three levels deep and without volumes, and the stream is merged to "
            "180 s: it is for development. Betfair activates a live key on application and for a fee.",
        )
    return Measured(f"live: of '{name}' (version {version.version}), active")


def _version(
    apps: tuple[DeveloperApp, ...], betfair: BetfairSettings
) -> tuple[str, DeveloperAppVersion] | None:
    ours = betfair.api.app_key
    for app in apps:
        for version in app.app_versions or ():
            if ours is not None and version.application_key == ours.get_secret_value():
                return app.app_name or "no name", version
    return None
