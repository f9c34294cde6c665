"""
The process that reads tapes: ``python -m betflow.sandbox.feed.replaying``, JSON to stdin, batches to stdout.

A batch has its length before it, four bytes, and is MessagePack, which unlike JSON has numbers that are none
(projected starting prices may be). The first has no changes: it says that the tapes were found. The process
runs ahead as far as the pipe holds, and ends when nobody reads from it any more.
"""

import os
import signal
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec

from betflow.collecting import collecting_seldom
from betflow.errors import BetflowError, Finding
from betflow.sandbox.feed import FeedChange
from betflow.sandbox.feed.tapes import TapeFeed
from betflow.sandbox.listings import Listing
from betflow.storage.files import shown_name

LENGTH: Final = struct.Struct(">I")
_CHANGES: Final = 200
_ALWAYS: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Replay:
    """What is to be read; as the arguments of `TapeFeed`, and the paths as bytes: they need not be text."""

    paths: Sequence[bytes]
    begins: int
    first_off: int
    longest_gap: int | None


class Refusal(msgspec.Struct, frozen=True):
    """An error of `TapeFeed`, by its name."""

    kind: str
    message: str
    advice: str


class Batch(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What was worked out.

    Attributes:
        changes: The next changes.
        listings: Of markets that come in with them, and of those that runners came into.
        findings: All so far; None where there are no new ones.
        refusal: Why there is nothing at all.
    """

    changes: Sequence[FeedChange] = ()
    listings: Sequence[Listing] = ()
    findings: Sequence[Finding] | None = None
    refusal: Refusal | None = None


def main(argument: bytes, write: Callable[[bytes], object]) -> None:
    """Carry an order out, given as JSON."""
    encoder = msgspec.msgpack.Encoder()

    def send(batch: Batch) -> None:
        content = encoder.encode(batch)
        write(LENGTH.pack(len(content)) + content)

    order = msgspec.json.decode(argument, type=Replay)
    try:
        feed = TapeFeed(
            [os.fsdecode(path) for path in order.paths],
            begins=order.begins,
            first_off=order.first_off,
            longest_gap=order.longest_gap,
        )
    except BetflowError as error:
        send(Batch(refusal=Refusal(type(error).__name__, shown_name(error.message), error.advice)))
        return
    try:
        _replay(feed, send)
    finally:
        feed.close()


def _replay(feed: TapeFeed, send: Callable[[Batch], None]) -> None:
    found = len(feed.findings)
    send(Batch(findings=feed.findings))
    listed: dict[str, Listing] = {}
    changes = feed.take(_ALWAYS)
    while True:
        batch = list(islice(changes, _CHANGES))
        listings = [
            listing
            for market_id in dict.fromkeys(each.change.id for each in batch)
            if (listing := feed.listing(market_id)) is not None and listing is not listed.get(market_id)
        ]
        listed |= {listing.market_id: listing for listing in listings}
        findings = feed.findings
        is_more = len(findings) != found
        found = len(findings)
        send(Batch(changes=batch, listings=listings, findings=findings if is_more else None))
        if not batch:
            return


def _end(_signal: int, _frame: object) -> None:
    """Go in an orderly manner: what was unpacked is removed."""
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    try:
        with collecting_seldom():
            main(sys.stdin.buffer.read(), sys.stdout.buffer.write)
        sys.stdout.buffer.flush()
    except (BrokenPipeError, SystemExit):
        os._exit(0)  # nobody reads any more; a flush at the end would only fail
