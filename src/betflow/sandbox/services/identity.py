"""
The identity service over HTTP: certlogin, login, keepAlive and logout.

Source: "Non-Interactive (bot) login", "Interactive Login - API Endpoint", "Login & Session Management".
"""

from typing import Final
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request

from betflow.sandbox.faults import Fault, FaultKind, Where
from betflow.sandbox.services.answers import HTML, Answer
from betflow.sandbox.services.bodies import BadRequest, body_of
from betflow.sandbox.services.context import Context
from betflow.sandbox.services.mishaps import acts, wait
from betflow.wire.enums import LoginError
from betflow.wire.identity import CertLogin, IdentityAnswer

CERT_LOGIN, LOGIN, KEEP_ALIVE, LOGOUT = "certlogin", "login", "keepAlive", "logout"
OPERATIONS: Final = (CERT_LOGIN, LOGIN, KEEP_ALIVE, LOGOUT)
_PAGE: Final = b"<!DOCTYPE html><html><body>Log in. (Programs send Accept: application/json.)</body></html>"
_MOST_FIELDS: Final = 20


async def answer(context: Context, operation: str, request: Request) -> Answer:
    """Answer a call of the identity service."""
    if request.method != "POST" and operation in {CERT_LOGIN, LOGIN}:
        raise BadRequest(405, f"{operation} takes POST")
    fields = _fields(await body_of(request))
    fault = context.faults.next(Where.IDENTITY, operation)
    if fault is not None and not await acts(fault):
        return Answer(b"", fault=fault)
    if operation != CERT_LOGIN and "application/json" not in request.headers.get("accept", ""):
        return Answer(_PAGE, media_type=HTML, fault=fault)
    answered = _answered(context, operation, fields, request, fault)
    if fault is not None and fault.kind is FaultKind.SLOW:
        await wait(fault.seconds)
    return Answer(msgspec.json.encode(answered), fault=fault)


def _answered(
    context: Context, operation: str, fields: dict[str, str], request: Request, fault: Fault | None
) -> CertLogin | IdentityAnswer:
    sessions, refusal = context.sessions, _refusal(fault)
    app_key = request.headers.get("x-application", "")
    token = request.headers.get("x-authentication", "")
    username, password = fields.get("username", ""), fields.get("password", "")
    if fault is not None and fault.kind is FaultKind.SESSION_EXPIRED:
        sessions.expire(token)
    match operation:
        case "certlogin":
            certificate = request.state.peer.certificate
            return sessions.login_with_certificate(username, password, certificate, refusal=refusal)
        case "login":
            return sessions.login(username, password, app_key, refusal=refusal)
        case _ if refusal:
            return IdentityAnswer(token=token, product=app_key, status="FAIL", error=refusal)
        case "keepAlive":
            return sessions.keep_alive(token, app_key)
    return sessions.logout(token, app_key)


def _refusal(fault: Fault | None) -> str:
    if fault is None:
        return ""
    if fault.kind is FaultKind.TOO_MANY_REQUESTS:
        return LoginError.TEMPORARY_BAN_TOO_MANY_REQUESTS
    return fault.code


def _fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form; of one that comes twice the first. What is no form has none."""
    try:
        fields = parse_qs(
            body.decode("utf-8", errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
