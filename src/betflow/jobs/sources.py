"""What MARKET_OR_FILE on a command line means: a tape and the market in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from betflow.errors import DamagedError, Finding, NotFoundError, UsageError
from betflow.storage.streams import readable
from betflow.tape import Tape
from betflow.tape.archive import Archive
from betflow.tape.compression import StreamDamagedError
from betflow.tape.containers import members
from betflow.tape.index import Index
from betflow.tape.manifest import Manifest
from betflow.tape.recognition import is_damage_code, is_tape_name
from betflow.tape.skimming import decode_skimming
from betflow.wire.stream import MarketChangeMessage

T = TypeVar("T")

_EXAMPLES = 3
_MESSAGES_FOR_EXAMPLES = 100
_ANOTHER_COPY = "Get the file from its source again; `betflow tape verify` tells what is wrong with it."
_MARK_OF_A_MESSAGE = b'"op"'
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class MarketSource:
    """
    A tape, and which of its markets is asked for.

    Attributes:
        known: What is known to be wrong before the tape is read: a better tape of the market that is gone,
            and what was lost when this one was imported.
        remedy: What helps where the tape cannot be read.
    """

    tape: Tape
    market_id: str
    known: tuple[Finding, ...] = ()
    remedy: str = _ANOTHER_COPY

    def findings(self) -> tuple[Finding, ...]:
        """Return what is known to be wrong, and what was met while the tape was read."""
        met = {(each.code, each.message) for each in self.tape.findings}
        return (*(each for each in self.known if (each.code, each.message) not in met), *self.tape.findings)

    def nothing_read(self) -> DamagedError:
        """Return the error for a tape of which not one change of the market can be read."""
        reasons = [each.message for each in self.findings() if is_damage_code(each.code)]
        reason = reasons[0] if reasons else "There is no message of it."
        return DamagedError(
            f"nothing of market {self.market_id} can be read from {self.tape.label}. {reason}",
            advice=self.remedy,
        )

    def at_least_one(self, items: Iterable[T]) -> Iterator[T]:
        """
        Yield what is made of the market's changes.

        Raises:
            DamagedError: there is none.
        """
        count = 0
        for count, item in enumerate(items, start=1):  # noqa: B007 - whether there was one
            yield item
        if not count:
            raise self.nothing_read()


def open_market(market_or_file: str, data_dir: Path, market_id: str | None = None) -> MarketSource:
    """
    Find the tape of a market.

    Args:
        market_or_file: A path, ``-`` for stdin; where there is no such file, the id of a market in the
            archive.
        data_dir: The data folder with the archive.
        market_id: Which market of a file that holds several. Where it is left out, the whole file is looked
            through, without prices, to be sure that there is one only.

    Returns:
        The tape, not read yet. Of several archived tapes of a market it is a settled one, and of those
        the one with the most messages of the market; one that is gone is passed over with a finding.

    Raises:
        NotFoundError: neither a file nor an archived market, the file does not hold the market, or it is no
            tape.
        UsageError: the file holds several markets and none is named; or it is a folder, or an archive of
            several tapes.
        DamagedError: nothing of the file can be read, or every tape of the archived market is gone.
    """
    path = readable(Path(market_or_file))
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder, and one tape is needed.",
            advice=f"Name a file in it, or import it with `betflow backfill {path}` and name a market.",
        )
    if path.is_file():
        return _from_file(path, market_id)
    return _from_archive(market_or_file, data_dir, market_id)


def _from_archive(wanted: str, data_dir: Path, market_id: str | None) -> MarketSource:
    archive = Archive(data_dir)
    with Index(archive) as index:
        names = index.tapes_of(wanted)
    if not names:
        raise NotFoundError(
            f"There is no file and no market {wanted} in the archive of {data_dir}.",
            advice="`betflow tape ls` shows what is there, `betflow backfill PATH` adds to it.",
        )
    if market_id not in {None, wanted}:
        raise UsageError(
            f"{wanted} is a market in the archive, and --market {market_id} another.", advice="Name one."
        )
    gone: list[Finding] = []
    for name in names:
        path = archive.tape_path(name)
        manifest = _manifest(archive, name)
        if path.is_file():
            told = [manifest] if isinstance(manifest, Finding) else _lost_on_the_way_in(manifest, path)
            remedy = f"Remove {path}, then run {_restoring(manifest)}."
            return MarketSource(Tape(path), wanted, known=(*gone, *told), remedy=remedy)
        message = f"This tape of {wanted} is gone from the archive. {_restoring(manifest)} restores it."
        gone.append(Finding("tape.missing", str(path), message, {"market": wanted}))
    raise DamagedError(
        f"the tape of {wanted} is gone from the archive: {gone[0].subject}.",
        advice=f"{_restoring(manifest)} restores it.",
    )


def _manifest(archive: Archive, name: str) -> Manifest | Finding:
    """Read a manifest; the tape beside one that cannot be read is still worth reading."""
    try:
        return archive.manifest(name)
    except DamagedError as error:
        return Finding("tape.manifest-damaged", str(archive.manifest_path(name)), str(error), {"tape": name})


def _lost_on_the_way_in(manifest: Manifest, path: Path) -> list[Finding]:
    """Return the damage that was noted at the import: what broke off cannot be seen in what was kept."""
    return [each.about(str(path)) for each in manifest.findings if is_damage_code(each.code)]


def _restoring(manifest: Manifest | Finding) -> str:
    """Return the command that imports a tape again."""
    if isinstance(manifest, Finding):
        return "`betflow backfill PATH` with the file or folder that it came from"
    file, *_ = manifest.source.split("!")  # what stands behind it is the place inside an archive
    return f"`betflow backfill {file}`"


def _from_file(path: Path, market_id: str | None) -> MarketSource:
    _refuse_several_tapes(path)
    head = bytearray()
    tape = Tape(path, on_chunk=lambda chunk: head.extend(chunk[: _HEAD_BYTES - len(head)]))
    found = _markets(tape, until=market_id)
    if not found:
        raise _no_market(path, tape, bytes(head))
    if market_id is not None and market_id not in found:
        damage = f" Some of it cannot be read: {tape.findings[0].message}" if tape.findings else ""
        raise NotFoundError(
            f"{path} holds no market {market_id}.{damage}", advice=f"It holds {_examples(list(found))}."
        )
    if market_id is None and len(found) > 1:
        raise UsageError(
            f"{path} holds at least {len(found):,} markets, and one is needed.",
            advice=f"Name it with --market: {_examples(list(found))}.",
        )
    return MarketSource(Tape(path), market_id or next(iter(found)))


def _refuse_several_tapes(path: Path) -> None:
    try:
        several = len(list(islice(members(path), 2))) > 1
    except StreamDamagedError:
        return  # the tape itself will say so
    if several:
        raise UsageError(
            f"{path} holds several tapes, and one is needed.",
            advice=f"Import it with `betflow backfill {path}` and name a market.",
        )


def _markets(tape: Tape, *, until: str | None) -> dict[str, None]:
    """
    Return the markets of a tape, in order; prices are passed over.

    The whole tape is looked through, but no further than to the market *until*; or, without one, when it is
    sure that there are several and some examples can be given.
    """
    found: dict[str, None] = {}

    def noted(messages: Iterator[MarketChangeMessage]) -> Iterator[None]:
        for message in messages:
            yield found.update((change.id, None) for change in message.mc or ())

    for number, _ in enumerate(tape.scan(noted, decode_skimming), start=1):
        if until in found or (until is None and len(found) > 1 and number >= _MESSAGES_FOR_EXAMPLES):
            break
    return found


def _no_market(path: Path, tape: Tape, head: bytes) -> DamagedError | NotFoundError:
    """Tell a tape that cannot be read from a file that is no tape, or none of markets."""
    damage = [each for each in tape.findings if is_damage_code(each.code)]
    reason = f" ({damage[0].message})" if damage else ""
    lines_only = all(each.code in {"tape.line-damaged", "tape.half-line"} for each in damage)
    if damage and not (lines_only and not _says_that_it_is_a_tape(path, head)):
        return DamagedError(f"nothing of {path} can be read as a market{reason}.", advice=_ANOTHER_COPY)
    return NotFoundError(
        f"There is no market in {path}{reason}.", advice="Is it a recording of the market stream?"
    )


def _says_that_it_is_a_tape(path: Path, head: bytes) -> bool:
    return _MARK_OF_A_MESSAGE in head or is_tape_name(path.name)


def _examples(ids: list[str]) -> str:
    shown = ", ".join(ids[:_EXAMPLES])
    return f"{shown} and {len(ids) - _EXAMPLES} more" if len(ids) > _EXAMPLES else shown or "none"
