"""Bytes as they come off the network, into lines."""

from typing import Final

LONGEST_LINE: Final = 64 * 1024 * 1024
"""In bytes. An image of 200 markets with full depth is some ten million."""


class LineTooLongError(ValueError):
    """A line is longer than the limit."""


class LineSplitter:
    """
    Splits one connection's bytes into lines, however they are cut into packets.

    Args:
        limit: Longest line in bytes.
    """

    def __init__(self, limit: int = LONGEST_LINE) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def pending(self) -> int:
        """How many bytes of an unfinished line are held."""
        return self._size

    def feed(self, data: bytes) -> list[bytes]:
        """
        Return the lines that are complete now, without their ends; empty lines are left out.

        Raises:
            LineTooLongError: The unfinished line is longer than the limit.
        """
        end = data.rfind(b"\n")
        if not self._parts and end == len(data) - 1 == data.find(b"\n") > 0:  # one whole line, as mostly
            return [line] if (line := data.rstrip(b"\r\n")) else []
        if end < 0:
            self._keep(data)
            return []
        self._parts.append(data[:end])
        content = b"".join(self._parts)
        self._parts, self._size = [], 0
        self._keep(data[end + 1 :])
        return [line for each in content.split(b"\n") if (line := each.rstrip(b"\r"))]

    def _keep(self, part: bytes) -> None:
        if part:
            self._parts.append(part)
            self._size += len(part)
            if self._size > self._limit:
                raise LineTooLongError(f"a line of more than {self._limit:,} bytes")
