"""
How calls come in and answers go out: JSON-RPC and REST, with their errors.

Source: "API Overview", "Betting Exceptions", "Accounts Exceptions", "Heartbeat API", "Common error codes";
the published interface definitions; recorded answers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from betflow.errors import BetflowError
from betflow.sandbox.services import permissions
from betflow.wire.enums import ServiceErrorCode
from betflow.wire.json_rpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    SERVICE_EXCEPTION,
)
from betflow.wire.operations import OPERATIONS, Api, Operation

MOST_CALLS: Final = 500
"""In one batch; Betfair does not say how many it takes."""
NULL: Final = b"null"
_OBJECT: Final = b"{}"
_METHOD: Final = re.compile(r"(?P<api>\w+)/v1(?:\.\d+)?/(?P<name>\w+)", re.ASCII)
_OPERATIONS: Final = {
    (each.api.lower(), each.name.lower()): each for each in (*OPERATIONS.values(), *permissions.OPERATIONS)
}

_BETTING = (
    ServiceErrorCode.TOO_MUCH_DATA,
    ServiceErrorCode.INVALID_INPUT_DATA,
    ServiceErrorCode.INVALID_SESSION_INFORMATION,
    ServiceErrorCode.NO_APP_KEY,
    ServiceErrorCode.NO_SESSION,
    ServiceErrorCode.UNEXPECTED_ERROR,
    ServiceErrorCode.INVALID_APP_KEY,
    ServiceErrorCode.TOO_MANY_REQUESTS,
    ServiceErrorCode.SERVICE_BUSY,
    ServiceErrorCode.TIMEOUT_ERROR,
    ServiceErrorCode.APP_KEY_CREATION_FAILED,
    ServiceErrorCode.DUPLICATE_APP_NAME,
    ServiceErrorCode.APP_CREATION_FAILED,
    ServiceErrorCode.REQUEST_SIZE_EXCEEDS_LIMIT,
    ServiceErrorCode.ACCESS_DENIED,
    ServiceErrorCode.INVALID_MARKET_GROUP,
    ServiceErrorCode.EXPOSURE_LIMIT_NOT_EXIST,
    ServiceErrorCode.MARKET_GROUP_NOT_BLOCKED,
)
_ACCOUNT = (
    ServiceErrorCode.INVALID_INPUT_DATA,
    ServiceErrorCode.INVALID_SESSION_INFORMATION,
    ServiceErrorCode.UNEXPECTED_ERROR,
    ServiceErrorCode.INVALID_APP_KEY,
    ServiceErrorCode.SERVICE_BUSY,
    ServiceErrorCode.TIMEOUT_ERROR,
    ServiceErrorCode.DUPLICATE_APP_NAME,
    ServiceErrorCode.APP_KEY_CREATION_FAILED,
    ServiceErrorCode.APP_CREATION_FAILED,
    ServiceErrorCode.NO_SESSION,
    ServiceErrorCode.NO_APP_KEY,
    ServiceErrorCode.SUBSCRIPTION_EXPIRED,
    ServiceErrorCode.INVALID_SUBSCRIPTION_TOKEN,
    ServiceErrorCode.TOO_MANY_REQUESTS,
    ServiceErrorCode.INVALID_CLIENT_REF,
    ServiceErrorCode.WALLET_TRANSFER_ERROR,
    ServiceErrorCode.INVALID_VENDOR_CLIENT_ID,
    ServiceErrorCode.USER_NOT_SUBSCRIBED,
    ServiceErrorCode.INVALID_SECRET,
    ServiceErrorCode.INVALID_AUTH_CODE,
    ServiceErrorCode.INVALID_GRANT_TYPE,
)
_HEARTBEAT = (
    ServiceErrorCode.INVALID_INPUT_DATA,
    ServiceErrorCode.INVALID_SESSION_INFORMATION,
    ServiceErrorCode.NO_APP_KEY,
    ServiceErrorCode.NO_SESSION,
    ServiceErrorCode.INVALID_APP_KEY,
    ServiceErrorCode.UNEXPECTED_ERROR,
)


@dataclass(frozen=True, slots=True)
class _Exceptions:
    """How a service names its exceptions: type, prefix, and the codes in the order of their numbers."""

    name: str
    prefix: str
    codes: tuple[ServiceErrorCode, ...]

    def message(self, code: ServiceErrorCode) -> str:
        """
        Return the number of a code.

        Raises:
            ValueError: the service does not define it.
        """
        return f"{self.prefix}-{self.codes.index(code) + 1:04d}"


_EXCEPTIONS: Final[Mapping[Api, _Exceptions]] = {
    Api.BETTING: _Exceptions("APINGException", "ANGX", _BETTING),
    Api.ACCOUNT: _Exceptions("AccountAPINGException", "AANGX", _ACCOUNT),
    Api.HEARTBEAT: _Exceptions("APINGException", "HBT", _HEARTBEAT),
    Api.SCORES: _Exceptions("APINGException", "ANGX", _BETTING),
}

_SERVERS_FAULT: Final = frozenset(
    {
        ServiceErrorCode.UNEXPECTED_ERROR,
        ServiceErrorCode.SERVICE_BUSY,
        ServiceErrorCode.TIMEOUT_ERROR,
        ServiceErrorCode.SERVICE_UNAVAILABLE,
    }
)


class Misunderstood(BetflowError):  # noqa: N818 - an answer of the service, and no error of ours
    """
    A request that is refused before any service sees it.

    Args:
        code: JSON-RPC's number for it.
        dsc: The framework's number for it, ``DSC-0018``.
        status: The status that REST gives it; JSON-RPC has 400 for what is no JSON, and else 200.
    """

    def __init__(self, code: int, dsc: str, status: int = 400) -> None:
        super().__init__(f"{dsc} ({code})")
        self.code = code
        self.dsc = dsc
        self.status = status


NOT_JSON: Final = (PARSE_ERROR, "DSC-0008")
NO_CALL: Final = (INVALID_REQUEST, "DSC-0031")
NO_SUCH_OPERATION: Final = (METHOD_NOT_FOUND, "DSC-0021", 404)
PARAMETER_MISSING: Final = (INVALID_PARAMS, "DSC-0018")
PARAMETER_WRONG: Final = (INVALID_PARAMS, "DSC-0044")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a request; *id* is JSON, and given back as it came."""

    operation: Operation[Any, Any] | Misunderstood
    parameters: bytes
    id: bytes = NULL


class _Request(msgspec.Struct):
    method: str
    params: msgspec.Raw = msgspec.Raw(_OBJECT)
    id: msgspec.Raw = msgspec.Raw(NULL)


_decode_request = msgspec.json.Decoder(_Request).decode
_decode_batch = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_anything = msgspec.json.Decoder().decode


def calls_of(body: bytes, api: Api) -> tuple[list[Call], bool]:
    """
    Understand the body of a JSON-RPC request to a service.

    Returns:
        The calls, and whether they came as a batch.

    Raises:
        Misunderstood: it is no JSON, or a batch that is empty or has more than `MOST_CALLS`.
    """
    is_batch = body.lstrip(b" \t\r\n")[:1] == b"["
    try:
        body.decode()  # what is passed on as it came is not looked at by the decoder
        if not is_batch:
            return [_call(body, api)], False
        requests = _decode_batch(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Misunderstood(*NOT_JSON) from None
    if not 0 < len(requests) <= MOST_CALLS:
        raise Misunderstood(*NO_CALL)
    return [_call(bytes(each), api) for each in requests], True


def _call(body: bytes, api: Api) -> Call:
    try:
        request = _decode_request(body)
    except msgspec.ValidationError:
        _decode_anything(body)  # what is not even JSON is another error
        return Call(Misunderstood(*NO_CALL), _OBJECT)
    parameters = bytes(request.params)
    return Call(
        operation_of(api, request.method),
        _OBJECT if parameters == NULL else parameters,
        bytes(request.id) or NULL,
    )


def operation_of(api: Api, method: str) -> Operation[Any, Any] | Misunderstood:
    """Return the operation that a method names, in any case and with any minor version."""
    match = _METHOD.fullmatch(method)
    operation = _OPERATIONS.get((match["api"].lower(), match["name"].lower())) if match else None
    return operation if operation and operation.api is api else Misunderstood(*NO_SUCH_OPERATION)


def result_of(result: bytes, number: bytes) -> bytes:
    """Wrap a result, which is JSON."""
    return b'{"jsonrpc":"2.0","result":' + result + b',"id":' + number + b"}"


def misunderstanding(error: Misunderstood, number: bytes) -> bytes:
    """Wrap an error of the framework."""
    return _error({"code": error.code, "message": error.dsc}, number)


def exception(api: Api, code: ServiceErrorCode, details: str, uuid: str, number: bytes) -> bytes:
    """Wrap a refusal of a service."""
    error = {"code": SERVICE_EXCEPTION, "message": _EXCEPTIONS[api].message(code)}
    return _error({**error, "data": _exception(api, code, details, uuid)}, number)


def rest_exception(api: Api, code: ServiceErrorCode, details: str, uuid: str) -> tuple[int, bytes]:
    """Return the HTTP status and the fault document of a refusal."""
    is_ours = code in _SERVERS_FAULT
    fault = {
        "detail": _exception(api, code, details, uuid),
        "faultcode": "Server" if is_ours else "Client",
        "faultstring": _EXCEPTIONS[api].message(code),
    }
    return 500 if is_ours else 400, msgspec.json.encode(fault)


def rest_misunderstanding(error: Misunderstood) -> tuple[int, bytes]:
    """Return the HTTP status and the fault document of an error of the framework."""
    fault = {"detail": {}, "faultcode": "Client", "faultstring": error.dsc}
    return error.status, msgspec.json.encode(fault)


def defined_code(api: Api, code: str) -> ServiceErrorCode:
    """Return a code if a service defines it; to whatever else happens there it says UNEXPECTED_ERROR."""
    known = _EXCEPTIONS[api].codes
    return next((each for each in known if each == code), ServiceErrorCode.UNEXPECTED_ERROR)


def _exception(api: Api, code: ServiceErrorCode, details: str, uuid: str) -> dict[str, object]:
    name = _EXCEPTIONS[api].name
    exception = {"requestUUID": uuid, "errorCode": code, "errorDetails": details}
    return {name: exception, "exceptionname": name}


def _error(error: dict[str, object], number: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","error":' + msgspec.json.encode(error) + b',"id":' + number + b"}"
