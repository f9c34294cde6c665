"""Reading the body of a request: not more than is sensible, and not for ever."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

from betflow.errors import BetflowError
from betflow.sandbox.services.answers import TEXT, Answer
from betflow.sandbox.services.peers import REQUEST_S

MOST_BYTES: Final = 1 << 20


class BadRequest(BetflowError):  # noqa: N818 - an answer, and no error of ours
    """
    A request that no service reads.

    Args:
        status: Of HTTP.
        message: For people.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def answer(self) -> Answer:
        """What is answered."""
        return Answer(f"{self.message}\n".encode(), self.status, TEXT)


async def body_of(request: Request) -> bytes:
    """
    Read a body.

    Raises:
        BadRequest: it is too large, comes too slowly, or wants to be asked for first.
    """
    if "expect" in request.headers:
        raise BadRequest(417, "Expectation Failed: send the body at once")
    if int(request.headers.get("content-length", "0")) > MOST_BYTES:
        raise BadRequest(413, f"the body has more than {MOST_BYTES} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(REQUEST_S):
            async for part in request.stream():
                body += part
                if len(body) > MOST_BYTES:
                    raise BadRequest(413, f"the body has more than {MOST_BYTES} bytes")
    except TimeoutError:
        raise BadRequest(408, f"the body did not come within {REQUEST_S:g} seconds") from None
    except ClientDisconnect:
        raise BadRequest(400, "the client has gone") from None
    return bytes(body)
