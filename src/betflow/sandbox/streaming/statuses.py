"""The status messages that answer requests."""

import msgspec

from betflow.sandbox.streaming.json_lines import line_of
from betflow.wire.enums import StatusCode, StreamErrorCode
from betflow.wire.stream import StatusMessage


class StreamRefusal(Exception):  # noqa: N818 - an answer of the service, and no error of ours
    """
    A request that the stream refuses.

    Args:
        code: Why.
        text: The same for people.
        request_id: Of the request; None where it is not known, or where the refusal answers none.
    """

    def __init__(self, code: StreamErrorCode, text: str, *, request_id: int | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.request_id = request_id

    @property
    def closes(self) -> bool:
        """Whether the connection is closed with it; there is one that leaves it open."""
        return self.code is not StreamErrorCode.SUBSCRIPTION_LIMIT_EXCEEDED


def success(request_id: int | None, *, connections_available: int | None = None) -> bytes:
    """Return the line that a request was accepted."""
    return _line(
        StatusMessage(
            id=request_id,
            status_code=StatusCode.SUCCESS,
            connection_closed=False,
            connections_available=connections_available,
        )
    )


def failure(refusal: StreamRefusal, connection_id: str) -> bytes:
    """Return the line that a request was refused, or that the connection ends."""
    return _line(
        StatusMessage(
            id=refusal.request_id,
            status_code=StatusCode.FAILURE,
            error_code=refusal.code,
            error_message=refusal.text,
            connection_closed=refusal.closes,
            connection_id=connection_id,
        )
    )


def _line(message: StatusMessage) -> bytes:
    return line_of(msgspec.json.encode(message))
