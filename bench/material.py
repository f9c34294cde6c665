"""The files that are measured on, made from the recorded tapes for one run and removed after it."""

import bz2
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from recorded_tapes import tapes_folder

# Those that every reader can read. betfair_data drops the other six without an error.
COMMON = ("1.127236622", "1.200806927", "1.205822330", "BASIC-1.132153978")
# betfairlightweight hands out all 200 markets of this one after each message: not the same loop.
MANY_MARKETS = "1.242971311"
LONG_TAPE = "1.127236622"
_REFUSED_FROM_MS = 1_475_300_000_000

_MARKET_ID = re.compile(rb'"id":\s?"(1\.\d+)"')
_EVENT_ID = re.compile(rb'("eventId":\s?"\d{3})(\d+)(")')
_PUBLISH_TIME = re.compile(rb'"pt":(\d+)')


@dataclass(frozen=True, slots=True)
class Tapes:
    """The recorded tapes, as delivered and unpacked."""

    folder: Path
    unpacked: Path

    def delivered(self, names: Iterable[str]) -> list[Path]:
        """Return tapes as Betfair delivers them."""
        return [self.folder / f"{name}.bz2" for name in names]

    def plain(self, names: Iterable[str]) -> list[Path]:
        """Return tapes as plain text, which is unpacked when it is asked for first."""
        paths = []
        for name in names:
            path = self.unpacked / f"{name}.json"
            if not path.exists():
                path.write_bytes(bz2.decompress((self.folder / f"{name}.bz2").read_bytes()))
            paths.append(path)
        return paths

    @property
    def names(self) -> list[str]:
        """Return the names of all tapes."""
        return sorted(path.stem for path in self.folder.glob("*.bz2"))


def find_tapes(work: Path) -> Tapes:
    """
    Return the recorded tapes; plain ones go below *work*.

    Raises:
        FileNotFoundError: where there are none, with what to do.
    """
    folder = tapes_folder()
    missing = [name for name in COMMON if folder is None or not (folder / f"{name}.bz2").is_file()]
    if folder is None or missing:
        raise FileNotFoundError(
            f"the bench reads recorded tapes, and these are not there: {', '.join(missing)}.bz2; "
            "set BETFLOW_TAPES to the folder that has them"
        )
    unpacked = work / "plain"
    unpacked.mkdir(parents=True, exist_ok=True)
    return Tapes(folder, unpacked)


def lines(path: Path) -> int:
    """Count the lines of a tape, plain or as delivered."""
    content = path.read_bytes()
    return (bz2.decompress(content) if path.suffix == ".bz2" else content).count(b"\n")


def write_variants(sources: Sequence[Path], folder: Path, *, copies: int) -> list[Path]:
    """
    Write copies of tapes that differ in content: each is of another market of another event.

    Args:
        sources: Tapes of one market each, as delivered.
        folder: Where to; made if it is not there.
        copies: Of each source.

    Returns:
        The new files, compressed as delivered; as many as *sources* times *copies*.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [(source, number) for number in range(copies) for source in sources]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(partial(_write_variant, folder), jobs, chunksize=4))


def _write_variant(folder: Path, job: tuple[Path, int]) -> Path:
    source, number = job
    text = bz2.decompress(source.read_bytes())
    found = _MARKET_ID.search(text)
    if found is None:
        raise ValueError(f"{source} names no market in its first lines; it cannot be varied")
    old = found[1]
    # As long as the old one, so that not a byte moves; the source's last digits keep the sources apart.
    digits = len(old) - len("1.")
    new = b"1.%0*d" % (digits, (9 * 10 ** (digits - 1)) + number * 1000 + int(old[-3:]))
    path = folder / f"{new.decode()}.bz2"
    varied = text.replace(b'"%s"' % old, b'"%s"' % new)
    # Of another event too: markets of one event are played together.
    event = _EVENT_ID.search(varied)
    if event is not None:
        varied = varied.replace(event[0], event[1] + b"%0*d" % (len(event[2]), number) + event[3])
    path.write_bytes(bz2.compress(varied))
    return path


def write_long_tape(source: Path, path: Path, *, size: int) -> None:
    """
    Write one valid plain tape of at least *size* bytes: a real one whose trading goes on and on.

    The first definition and the last stand once; in between the ladder changes of *source* are
    repeated, each time later by as long as they took.
    """
    first, *others, last = source.read_bytes().splitlines(keepends=True)
    changes = [line for line in others if b"marketDefinition" not in line]
    length = _publish_time(last) - _publish_time(first) + 1
    with path.open("wb") as file:
        file.write(first)
        for shift in count(0, length):
            file.writelines(_later(changes, shift))
            if file.tell() >= size:
                file.writelines(_later([last], shift))
                return


def write_quiet_tape(path: Path, *, runners: int, minutes: int) -> None:
    """Write a plain tape of a market in which, after its first message, one bet is matched in all."""
    begins = 1_640_000_040_000
    ids = range(101, 101 + runners)
    definition = {
        "status": "OPEN",
        "bettingType": "ODDS",
        "marketType": "WINNER",
        "marketTime": "2022-01-01T00:00:00.000Z",
        "runners": [
            {"id": each, "status": "ACTIVE", "sortPriority": each - 100, "name": f"Runner {each}"}
            for each in ids
        ],
    }
    ladders = [{"id": each, "atb": [[2, 10]], "atl": [[2.02, 10]]} for each in ids]
    changes: tuple[tuple[int, dict[str, object]], ...] = (
        (0, {"img": True, "marketDefinition": definition, "rc": ladders}),
        ((minutes - 1) * 60_000, {"rc": [{"id": 101, "ltp": 2, "trd": [[2, 10]]}]}),
    )
    with path.open("w", encoding="utf-8") as file:
        for after, change in changes:
            message = {"op": "mcm", "pt": begins + after, "mc": [{"id": "1.300000001", **change}]}
            file.write(f"{json.dumps(message)}\n")


def _publish_time(line: bytes) -> int:
    found = _PUBLISH_TIME.search(line)
    if found is None:
        raise ValueError(f"no publish time in {line[:80]!r}")
    return int(found[1])


def _later(messages: Iterable[bytes], shift: int) -> Iterator[bytes]:
    for line in messages:
        yield _PUBLISH_TIME.sub(lambda found: b'"pt":%d' % (int(found[1]) + shift), line, count=1)


def write_refused_orders(path: Path, count: int) -> None:
    """Write a file of orders for the long tape at a price that no ladder has."""
    rows = (
        f"r{number},{_REFUSED_FROM_MS + number},{LONG_TAPE},11129238,BACK,7.77,10" for number in range(count)
    )
    path.write_text("\n".join(("ref,at,market_id,selection_id,side,price,size", *rows)) + "\n")
