"""
A time by which all that happens on a connection has to be done.

A socket's timeout is for each piece: an answer that comes a byte at a time would never end. Sockets of this
kind wait for a piece no longer than is left of the whole, in the thread that set the time.
"""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_ends_s: ContextVar[float | None] = ContextVar("ends_s", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give what happens in the block so many seconds; then what waits ends with `TimeoutError`."""
    token = _ends_s.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_s.reset(token)


class DeadlineSocket(ssl.SSLSocket):
    """A secured socket that keeps the time of `within`; outside of it, it is like any other."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as the base has it
        """Agree on how to secure the connection."""
        with self._limited():
            super().do_handshake(block)

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        """Send a part of the data; return how much."""
        with self._limited():
            return super().send(data, flags)

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0) -> int:
        """Receive a piece; return how much."""
        with self._limited():
            return super().recv_into(buffer, nbytes, flags)

    @contextmanager
    def _limited(self) -> Iterator[None]:
        ends_s = _ends_s.get()
        if ends_s is None:
            yield
            return
        left_s = ends_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the time for it is over")
        usual_s = self.gettimeout()
        self.settimeout(left_s if usual_s is None else min(usual_s, left_s))
        try:
            yield
        finally:
            self.settimeout(usual_s)
