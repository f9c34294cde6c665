"""
What Betfair answered, kept byte for byte, and the markets that are in it.

A sighting is a folder ``discoveries/<year>/<month>/<day>/<run id>`` in the data folder. Each answer is a file
of its own, as it was received and compressed by zstandard, on the disk before anything reads it. Markets are
made of the files alone, when they are seen first as well as later: so both times they are the same.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from betflow.betfair.troubles import odd_answer
from betflow.errors import DamagedError, Finding
from betflow.exchange.observed import ObservedMarket, of_answers
from betflow.jobs.clock import Clock
from betflow.storage.files import make_private_folder, sync_folder, write_private_file
from betflow.wire.book import MarketBook
from betflow.wire.catalogue import MarketCatalogue
from betflow.wire.json_rpc import Response, decode_responses
from betflow.wire.operations import LIST_MARKET_BOOK, LIST_MARKET_CATALOGUE

FOLDER = "discoveries"
_FAR_AHEAD_MS = 1 << 62
_RESTORE = "Restore it from a backup of the data folder; `betflow audit verify` says what else is damaged."


@dataclass(frozen=True, slots=True)
class Answer:
    """
    An answer as it was received.

    Attributes:
        file: Its name in the folder.
        operation: What was called.
        received_at: When, by our clock or by that of a sandbox, epoch milliseconds.
        request: The parameters, as they were sent.
        sha256: Of its bytes.
        bytes: How many they are.
    """

    file: str
    operation: str
    received_at: int
    request: Any
    sha256: str
    bytes: int


def sighting_path(run_id: str, started: str) -> str:
    """Name the folder of a run relative to the data folder; *started* is ISO 8601."""
    year, month, day = started[:10].split("-")
    return f"{FOLDER}/{year}/{month}/{day}/{run_id}"


class Keeper:
    """
    Writes answers into a folder as they come.

    Attributes:
        answers: Those that were written, in order.

    Args:
        folder: Where; it is made when the first comes.
        clock: Says what time it is.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.answers: list[Answer] = []
        self._folder = folder
        self._clock = clock

    def keep(self, operation: str, request: bytes, body: bytes) -> None:
        """Write an answer; it is on the disk when this returns."""
        received_at = self._clock()
        name = f"{len(self.answers) + 1:04d}-{operation}.json.zst"
        make_private_folder(self._folder)
        write_compressed(self._folder / name, body)
        sync_folder(self._folder)
        digest = hashlib.sha256(body).hexdigest()
        parameters = json.loads(request).get("params")
        self.answers.append(Answer(name, operation, received_at, parameters, digest, len(body)))


def write_compressed(path: Path, content: bytes) -> None:
    """Write a private file, compressed by zstandard; its content is on the disk when this returns."""
    write_private_file(path, zstandard.ZstdCompressor().compress(content))


def read_answer(folder: Path, answer: Answer) -> bytes:
    """
    Return an answer, byte for byte.

    Raises:
        DamagedError: it is gone, or not what was received.
    """
    path = folder / answer.file
    try:
        decompressor = zstandard.ZstdDecompressor()
        body = decompressor.decompress(path.read_bytes(), max_output_size=answer.bytes)
    except (OSError, zstandard.ZstdError) as error:
        raise DamagedError(f"the answer {path} cannot be read: {error}.", advice=_RESTORE) from error
    if hashlib.sha256(body).hexdigest() != answer.sha256:
        raise DamagedError(f"the answer {path} is not what was received.", advice=_RESTORE)
    return body


def observed_markets(
    folder: Path, answers: Iterable[Answer], moment: int
) -> tuple[list[ObservedMarket], list[str], tuple[Finding, ...]]:
    """
    Return the markets in what was answered, by their scheduled off and id.

    Of a market that was answered several times, the last answer counts. Answers that are refusals have none.

    Args:
        folder: Where the answers are.
        answers: Those of listMarketCatalogue and listMarketBook.
        moment: When a market of which there is no book was seen, epoch milliseconds.

    Returns:
        The markets, the ids of those of which there is no book, and what was odd about the answers.

    Raises:
        DamagedError: an answer is gone, or not what was received.
    """
    found = _Found()
    for answer in answers:
        found.take(answer, read_answer(folder, answer))
    markets = [
        of_answers(catalogue, *found.books.get(market_id, (None, moment)))
        for market_id, catalogue in found.catalogues.items()
    ]
    markets.sort(key=lambda each: (each.market_time or _FAR_AHEAD_MS, each.market_id))
    without_book = [each.market_id for each in markets if each.market_id not in found.books]
    return markets, without_book, tuple(found.findings)


@dataclass(slots=True)
class _Found:
    """What was answered so far, by market; a book with the moment when it was received."""

    catalogues: dict[str, MarketCatalogue] = field(default_factory=dict)
    books: dict[str, tuple[MarketBook, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def take(self, answer: Answer, body: bytes) -> None:
        for result in _results(body):
            if answer.operation == LIST_MARKET_CATALOGUE.name:
                catalogues = LIST_MARKET_CATALOGUE.decode(result)
                self.findings += odd_answer(answer.operation, catalogues.oddities)
                for catalogue in catalogues.answer:
                    self.catalogues[catalogue.market_id] = catalogue
            elif answer.operation == LIST_MARKET_BOOK.name:
                books = LIST_MARKET_BOOK.decode(result)
                self.findings += odd_answer(answer.operation, books.oddities)
                for book in books.answer:
                    self.books[book.market_id] = book, answer.received_at


def _results(body: bytes) -> Iterator[bytes]:
    """Yield what was answered; a refusal, or what no answer of Betfair's, has nothing."""
    try:
        decoded = decode_responses(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    responses: list[Response] = decoded if isinstance(decoded, list) else [decoded]
    yield from (bytes(each.result) for each in responses if each.error is None and bytes(each.result))
