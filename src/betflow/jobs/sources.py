"""What MARKET_OR_FILE on a command line means: a tape and the market in it."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from betflow.errors import NotFoundError, UsageError
from betflow.tape import Tape
from betflow.tape.archive import Archive
from betflow.tape.compression import StreamDamagedError
from betflow.tape.containers import members
from betflow.tape.index import Index

_FIRST_MESSAGES = 100
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class MarketSource:
    """A tape, and which of its markets is asked for."""

    tape: Tape
    market_id: str


def open_market(market_or_file: str, data_dir: Path, market_id: str | None = None) -> MarketSource:
    """
    Find the tape of a market.

    Args:
        market_or_file: A path; where there is no such file, the id of a market in the archive.
        data_dir: The data folder with the archive.
        market_id: Which market of a file that holds several.

    Returns:
        The tape, not read yet. Of several archived tapes of a market it is a settled one, and of those
        the one with the most messages of the market.

    Raises:
        NotFoundError: neither a file nor an archived market, or the file does not hold the market.
        UsageError: the file holds several markets and none is named; or it is a folder, or an archive of
            several tapes.
    """
    path = Path(market_or_file)
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
        found = index.tapes_of(wanted)
    if not found:
        raise NotFoundError(
            f"There is no file and no market {wanted} in the archive;",
            advice="`betflow tape ls` shows what is there, `betflow backfill PATH` adds to it.",
        )
    if market_id not in {None, wanted}:
        raise UsageError(
            f"{wanted} is a market in the archive, and --market {market_id} another.", advice="Name one."
        )
    return MarketSource(Tape(archive.tape_path(found[0])), wanted)


def _from_file(path: Path, market_id: str | None) -> MarketSource:
    _refuse_several_tapes(path)
    tape = Tape(path)
    first = _markets(tape, messages=_FIRST_MESSAGES)
    if market_id is None:
        return MarketSource(tape, _the_one(path, tape, first))
    if market_id not in first and market_id not in _markets(tape, messages=None, until=market_id):
        raise NotFoundError(
            f"{path} holds no market {market_id}.", advice=f"It holds {_examples(list(first))}."
        )
    return MarketSource(tape, market_id)


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


def _markets(tape: Tape, *, messages: int | None, until: str | None = None) -> dict[str, None]:
    """Return the markets of the first messages, in order, up to the market *until*."""
    found: dict[str, None] = {}
    for message in islice(tape.messages(), messages):
        found.update((change.id, None) for change in message.mc or ())
        if until in found:
            break
    return found


def _the_one(path: Path, tape: Tape, first: dict[str, None]) -> str:
    # A tape may begin with many heartbeats.
    ids = list(first or _markets(tape, messages=None))
    match ids:
        case [only]:
            return only
        case []:
            reason = f" ({tape.findings[0].message})" if tape.findings else ""
            raise NotFoundError(
                f"There is no market in {path}{reason}.", advice="Is it a recording of the market stream?"
            )
    raise UsageError(
        f"{path} holds at least {len(ids)} markets, and one is needed.",
        advice=f"Name it with --market: {_examples(ids)}.",
    )


def _examples(ids: list[str]) -> str:
    shown = ", ".join(ids[:_EXAMPLES])
    return f"{shown} and {len(ids) - _EXAMPLES} more" if len(ids) > _EXAMPLES else shown or "none"
