"""What clients send: bytes into lines, and lines into requests."""

from typing import Final

import msgspec

from betflow.sandbox.leniency import with_texts_for_numbers
from betflow.sandbox.streaming.statuses import StreamRefusal
from betflow.wire.enums import StreamErrorCode
from betflow.wire.stream import MarketSubscription, OrderSubscription, StreamRequest, decode_request

_SHOWN: Final = 100


class RequestReader:
    """
    Reads one connection's requests, however they are cut into packets; lines may end with CRLF or LF.

    Args:
        longest: Of a request, in bytes.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """
        Return the lines that are whole now, without their ends and without empty ones.

        Raises:
            StreamRefusal: INVALID_INPUT, for a line that is too long.
        """
        *ended, rest = data.split(b"\n")
        lines = []
        for part in ended:
            self._keep(part)
            lines.append(b"".join(self._parts).strip())
            self._parts, self._size = [], 0
        self._keep(rest)
        return [line for line in lines if line]

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._longest:
            raise StreamRefusal(
                StreamErrorCode.INVALID_INPUT, f"A message is longer than {self._longest} bytes"
            )
        self._parts.append(part)


def request_of(line: bytes) -> StreamRequest:
    """
    Return the request that a line is.

    Raises:
        StreamRefusal: INVALID_INPUT, for anything else; it does not repeat what may hold a secret.
    """
    try:
        return _decoded(line)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error)[:_SHOWN] if isinstance(error, msgspec.MsgspecError) else "it is no JSON in UTF-8"
        raise StreamRefusal(
            StreamErrorCode.INVALID_INPUT, f"Message could not be deserialised: {reason}"
        ) from error


def _decoded(line: bytes) -> StreamRequest:
    """Decode a line; ids that are numbers are read as texts, as Betfair's clients send them."""
    try:
        request: StreamRequest = decode_request(line)
    except msgspec.ValidationError as error:
        try:
            request = with_texts_for_numbers(line, StreamRequest)
        except msgspec.ValidationError:
            raise error from None  # what was wrong with the line as it is
    return request


def criteria_of(request: MarketSubscription | OrderSubscription) -> bytes:
    """Return what a subscription asks for, to compare: whoever resumes asks for the same."""
    if isinstance(request, MarketSubscription):
        return msgspec.json.encode((request.market_filter, request.market_data_filter))
    return msgspec.json.encode((request.order_filter,))
