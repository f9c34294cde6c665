"""
The envelopes of Betfair's APIs: JSON-RPC requests and responses, service exceptions, and REST faults.

A response keeps its result undecoded: which type that has, the operation knows that was called.

Source: "API Overview", "Betting Exceptions", "Common error codes"; recorded answers.
"""

import msgspec

PARSE_ERROR = -32700
"""The request is no JSON."""
INVALID_REQUEST = -32600
"""The request is JSON and no call; an empty batch, for one."""
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
"""A parameter is missing (DSC-0018) or has a wrong type or value (DSC-0044)."""
INTERNAL_ERROR = -32603
SERVICE_EXCEPTION = -32099
"""The service refused the call; the exception says why."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One call; its parameters show in no ``repr``, since some belong to nobody else."""

    jsonrpc: str = "2.0"
    method: str
    params: object
    id: int

    def __repr__(self) -> str:
        return f"Request(method={self.method!r}, id={self.id})"


class ServiceException(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Why a service refused a call: see `betflow.wire.enums.ServiceErrorCode`."""

    error_code: str
    error_details: str | None = None
    request_uuid: str | None = msgspec.field(default=None, name="requestUUID")


class Error(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong with a call; the service exception is a member of `data`, by its name."""

    code: int
    message: str = ""
    data: dict[str, object] | None = None

    @property
    def exception(self) -> ServiceException | None:
        """The exception of the service, where it is one."""
        return _service_exception(self.data)


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one call: a result, undecoded, or an error. A batch is matched by `id`."""

    id: int | str | None = None
    result: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    error: Error | None = None

    def __repr__(self) -> str:
        return f"Response(id={self.id!r}, error={self.error!r})"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """How the REST side, and the framework under both, tell of an error."""

    faultcode: str
    faultstring: str
    detail: dict[str, object] | None = None

    @property
    def exception(self) -> ServiceException | None:
        """The exception of the service, where it is one."""
        return _service_exception(self.detail)


def _service_exception(data: dict[str, object] | None) -> ServiceException | None:
    for member in (data or {}).values():
        if isinstance(member, dict) and isinstance(member.get("errorCode"), str):
            return msgspec.convert(member, ServiceException, strict=False)
    return None


decode_responses = msgspec.json.Decoder(Response | list[Response], strict=False).decode
"""
Decode the answer to a call, or to a batch.

Raises:
    msgspec.ValidationError: JSON, but no answer.
    msgspec.DecodeError: not JSON.
"""

decode_fault = msgspec.json.Decoder(Fault, strict=False).decode
"""Decode the body of a REST error; raises as `decode_responses` does."""
