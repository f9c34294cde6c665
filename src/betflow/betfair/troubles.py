"""
What went wrong with a call, as an error that says what happened, how far it got, and what to do.

Nothing that was sent is quoted, and of what came back only what cannot hold a secret.

Source: "Betting Exceptions", "Accounts Exceptions", "Common error codes", "Race Status API".
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from betflow.betfair.secrets import Secret, masked
from betflow.betfair.transport import NoReply, Reply, Trouble
from betflow.errors import (
    AuthenticationError,
    DamagedAnswerError,
    Finding,
    GatewayError,
    RefusedError,
    Sent,
    UnknownOutcomeError,
    UnreachableError,
)
from betflow.wire.enums import ServiceErrorCode as Code
from betflow.wire.json_rpc import INTERNAL_ERROR, SERVICE_EXCEPTION, Error, Fault, ServiceException
from betflow.wire.leniency import Oddity

Ids = Mapping[str, str]

SESSION_CODES = frozenset({Code.INVALID_SESSION_INFORMATION, Code.NO_SESSION})
"""The session is over, and another login mends it; nothing was done."""

_NUMBER = re.compile(r"\[\d+\]")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_CONTENT_TYPES = frozenset({"text/html", "text/plain", "text/xml", "application/json", "application/xml"})
_LONGEST_DETAILS = 200
_TOO_MANY_REQUESTS = 429
_FORBIDDEN = frozenset({401, 403, 451})
_SERVER_ERRORS = range(500, 600)

_TROUBLES: Mapping[Trouble, tuple[str, str]] = {
    Trouble.NAME: (
        "the name {host} has no address",
        "Check the connection of this machine, its name server, and the address if you set one.",
    ),
    Trouble.REFUSED: (
        "nobody answers at {host}",
        "Check the connection of this machine, its firewall, and the address if you set one.",
    ),
    Trouble.CONNECT_TIMEOUT: (
        "there was no connection to {host} within {connect:.3g} s",
        "Check the connection of this machine and its firewall, or set a longer betfair.api.connect_timeout.",
    ),
    Trouble.PROXY: (
        "the proxy of this network cannot be used to reach {host}",
        "Check HTTPS_PROXY and NO_PROXY in the environment.",
    ),
    Trouble.UNTRUSTED: (
        "{host} shows a certificate that is not to be trusted ({detail}); nothing was sent",
        "If a company's proxy or a sandbox is meant to be there, name its authority in BETFAIR_CA_FILE.",
    ),
    Trouble.TLS: (
        "the connection to {host} could not be secured ({detail})",
        "Is the client certificate the one that was uploaded to the Betfair account?",
    ),
    Trouble.READ_TIMEOUT: (
        "{host} gave no answer within {read:.3g} s",
        "Try again; if it happens often, set a longer betfair.api.request_timeout.",
    ),
    Trouble.BROKEN: ("the connection to {host} broke before the answer was whole", "Try again."),
}
_NOT_PASSING = frozenset({Trouble.UNTRUSTED, Trouble.TLS, Trouble.PROXY})

_REFUSALS: Mapping[str, tuple[str, str]] = {
    Code.TOO_MUCH_DATA: (
        "too much is asked for in one request",
        "Ask for fewer markets, or for less of each; betflow.betfair.planning divides requests.",
    ),
    Code.INVALID_INPUT_DATA: ("a parameter is not what Betfair expects", "Correct it."),
    Code.INVALID_SESSION_INFORMATION: ("the session is not valid, or not any more", "Log in again."),
    Code.NO_SESSION: ("there is no session", "Log in again."),
    Code.NO_APP_KEY: ("no app key was sent", "Set BETFAIR_APP_KEY in the environment or in .env."),
    Code.INVALID_APP_KEY: (
        "the app key is not valid",
        "Compare BETFAIR_APP_KEY with the keys of your Betfair account; is the key active?",
    ),
    Code.UNEXPECTED_ERROR: ("an error inside Betfair", "Try again; Betfair's status page may know more."),
    Code.TOO_MANY_REQUESTS: (
        "too many requests at the same time",
        "Run less at the same time: other programs of the account count too.",
    ),
    Code.SERVICE_BUSY: ("the service is overloaded", "Try again in a moment."),
    Code.SERVICE_UNAVAILABLE: ("the service is not available", "Try again in a moment."),
    Code.TIMEOUT_ERROR: ("something inside Betfair took too long", "Try again in a moment."),
    Code.REQUEST_SIZE_EXCEEDS_LIMIT: (
        "more than 250 ids of bets and markets in one request",
        "Ask for fewer; betflow.betfair.planning divides requests.",
    ),
    Code.ACCESS_DENIED: (
        "the app key or the account may not do this",
        "Ask Betfair's developer support; some operations need a permission, some countries are excluded.",
    ),
    Code.CUSTOMER_ACCOUNT_CLOSED: ("the account is closed", "Ask Betfair's customer service."),
    Code.SESSION_LIMIT_EXCEEDED: (
        "the account has too many sessions",
        "End some of them, then log in again.",
    ),
    Code.SUBSCRIPTION_EXPIRED: ("the subscription has expired", "Renew it."),
    Code.INVALID_SUBSCRIPTION_TOKEN: ("the subscription is not valid", "Renew it."),
    Code.APP_KEY_CREATION_FAILED: (
        "the app keys were not made",
        "Choose another name: not in use, and without the username.",
    ),
    Code.DUPLICATE_APP_NAME: ("the name of the application is in use", "Choose another."),
    Code.WALLET_TRANSFER_ERROR: ("the transfer failed", "Check the funds of the wallets."),
    "DSC-0008": ("the request is not understood", ""),
    "DSC-0009": ("a parameter has a wrong type or value", "Correct it."),
    "DSC-0015": ("the credentials are not accepted", "Check BETFAIR_APP_KEY and the login."),
    "DSC-0018": ("a mandatory parameter is missing", "Give it."),
    "DSC-0019": ("something inside Betfair took too long", "Try again in a moment."),
    "DSC-0021": ("there is no such operation", "Is the address that of Betfair's API?"),
    "DSC-0034": (
        "the app key is missing or not active",
        "Compare BETFAIR_APP_KEY with those of your account.",
    ),
    "DSC-0035": ("the credentials are not recognised", "Check BETFAIR_APP_KEY and the login."),
    "DSC-0036": ("the credentials are not valid", "Check BETFAIR_APP_KEY and the login."),
    "DSC-0037": ("the app key needs a subscription", "Ask Betfair's developer support."),
    "DSC-0038": ("the app key may not do this", "Ask Betfair's developer support."),
    "DSC-0044": ("a parameter has a wrong type or value", "Correct it."),
}
_KEEPS_OUT = frozenset(
    {*SESSION_CODES, Code.NO_APP_KEY, Code.INVALID_APP_KEY, Code.SESSION_LIMIT_EXCEEDED}
    | {"DSC-0015", "DSC-0034", "DSC-0035", "DSC-0036"}
)
_PASSING = frozenset(
    {Code.TOO_MANY_REQUESTS, Code.SERVICE_BUSY, Code.SERVICE_UNAVAILABLE, Code.TIMEOUT_ERROR}
    | {Code.UNEXPECTED_ERROR, "DSC-0019", "DSC-0026"}
)
_CERTAIN = frozenset(_REFUSALS) - {
    *(Code.UNEXPECTED_ERROR, Code.TIMEOUT_ERROR, "DSC-0019"),
    *(Code.SERVICE_BUSY, Code.SERVICE_UNAVAILABLE),  # no text of Betfair's promises that nothing was done
}
"""After any other code, one that is new for instance, an order may have been placed."""


def host_of(url: str) -> str:
    """Return the host of an address, with the port where it is not the usual one."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def no_answer(
    operation: str, url: str, outcome: NoReply, ids: Ids, timeouts_s: tuple[float, float]
) -> UnreachableError:
    """Say why no answer came; *timeouts_s* are those for connecting and reading."""
    what, advice = _TROUBLES[outcome.trouble]
    if outcome.trouble is Trouble.REFUSED and urlsplit(url).hostname in _THIS_MACHINE:
        advice = "Nothing listens there. If that is the sandbox, start it: betflow sandbox run"
    connect, read = timeouts_s
    return UnreachableError(
        what.format(host=host_of(url), detail=outcome.detail or "no reason", connect=connect, read=read)
        + ".",
        operation=operation,
        sent=outcome.sent,
        ids=ids,
        passing=outcome.trouble not in _NOT_PASSING,
        advice=advice,
    )


def no_answer_of_betfair(operation: str, url: str, reply: Reply, ids: Ids) -> UnreachableError:
    """Say that whoever answered was not the service: a proxy, a sign-in page, a gateway without a service."""
    kind = reply.content_type if reply.content_type in _CONTENT_TYPES else "another type"
    what = f"{host_of(url)} answered with status {reply.status} and {len(reply.body):,} bytes of {kind}"
    if reply.status in _SERVER_ERRORS:
        advice = "Betfair, or what is before it, is not available. Try again in a moment."
    elif reply.status == _TOO_MANY_REQUESTS:
        advice = "Too many requests come from here. Run less at the same time."
    elif reply.status in _FORBIDDEN:
        advice = "Access from here is forbidden: by a proxy, or by Betfair in this country."
    else:
        advice = (
            "Something in between answered: a proxy, or a sign-in page of this network. See it in a browser."
        )
    return UnreachableError(
        f"{what}, which is no answer of Betfair's.",
        operation=operation,
        sent=Sent.UNKNOWN,
        ids=ids,
        passing=reply.status in _SERVER_ERRORS or reply.status == _TOO_MANY_REQUESTS,
        advice=advice,
    )


def damaged_answer(operation: str, url: str, reason: str, ids: Ids) -> DamagedAnswerError:
    """Say that an answer cannot be understood; *reason* names types and places, and no values."""
    return DamagedAnswerError(
        f"the answer of {host_of(url)} cannot be understood: {reason}.",
        operation=operation,
        sent=Sent.UNKNOWN,
        ids=ids,
        advice="Betfair may have changed it: look for a newer betflow, else tell us.",
    )


def odd_answer(
    operation: str, oddities: Iterable[Oddity], secrets: Iterable[Secret] = ()
) -> tuple[Finding, ...]:
    """Return what was odd about an answer, each kind once: where first, how often; without *secrets*."""
    secrets = tuple(secrets)
    kinds: dict[tuple[str, str], list[str]] = {}
    for each in oddities:
        kinds.setdefault((_NUMBER.sub("[]", each.path), each.reason), []).append(each.path)
    return tuple(
        Finding(
            "betfair.answer-odd",
            operation,
            f"the answer is odd at {paths[0] or 'its top'}"
            + (f" and in {len(paths) - 1:,} more places like it" if len(paths) > 1 else "")
            + f": {masked(reason, secrets)}. "
            "What is odd was left out, or read as it seems to be meant; the rest counts.",
            {"path": paths[0], "times": len(paths)},
        )
        for (_, reason), paths in kinds.items()
    )


def refusal(operation: str, error: Error | Fault, ids: Ids, secrets: Iterable[Secret] = ()) -> GatewayError:
    """Say why a service, or the framework before it, refused a call; *secrets* are not quoted from it."""
    secrets = tuple(secrets)
    exception = error.exception
    code = masked(_code(error, exception), secrets)
    what, advice = _REFUSALS.get(code, ("Betfair refuses it", "Betfair's documentation has the code."))
    if exception is not None and exception.request_uuid and _CODE.fullmatch(exception.request_uuid):
        ids = {**ids, "requestUUID": masked(exception.request_uuid, secrets)}
    details = masked(exception.error_details or "", secrets) if exception is not None else ""
    quoted = f" ({details[:_LONGEST_DETAILS]})" if details else ""
    kind = AuthenticationError if code in _KEEPS_OUT else RefusedError
    internal = isinstance(error, Error) and error.code == INTERNAL_ERROR
    return kind(
        f"{code}: {what}{quoted}.",
        operation=operation,
        sent=Sent.REFUSED if code in _CERTAIN and not internal else Sent.UNKNOWN,
        ids=ids,
        code=code,
        passing=code in _PASSING,
        advice=advice,
    )


def _code(error: Error | Fault, exception: ServiceException | None) -> str:
    """Return Betfair's code; what is none is not quoted."""
    if exception is not None:
        code = exception.error_code
    elif isinstance(error, Fault):
        code = error.faultstring
    else:
        code = error.message if error.code != SERVICE_EXCEPTION or error.message else "UNKNOWN"
    return code if _CODE.fullmatch(code) else "UNKNOWN"


_REPEATABLE = (
    "Send the very same request with the same customerRef within 60 s, which Betfair does once at most, or "
    "look at the current orders; nothing else."
)
_LOOK = "Do nothing but cancel until you have looked at what there is."


def unknown_outcome(error: GatewayError) -> GatewayError:
    """Return what an error means for orders: where Betfair may have acted, that nobody knows."""
    if error.sent is not Sent.UNKNOWN:
        return error
    return UnknownOutcomeError(
        error.message,
        operation=error.operation,
        sent=Sent.UNKNOWN,
        ids=error.ids,
        code=error.code,
        advice="Whether Betfair did it is not known. "
        + (_REPEATABLE if error.ids.get("customerRef") else _LOOK),
    )
