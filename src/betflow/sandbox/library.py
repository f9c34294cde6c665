"""
The historic data that the sandbox's account has bought: bz2 files in Betfair's layout, in a folder.

Where nobody names a folder, a small day is made up when it is first asked for.
"""

import asyncio
import bz2
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec

from betflow.sandbox.generator.publisher import Plan
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.enums import ServiceErrorCode
from betflow.wire.historic import BasketSize, CollectionOptions, HistoricFilter, NamedCount, PurchasedItem
from betflow.wire.stream import MarketChangeMessage

ABOVE: Final = "/data/xds/historic/"
"""What names of files at the service begin with."""
PLANS: Final = {"Basic Plan": Plan.BASIC, "Advanced Plan": Plan.ADVANCED, "Pro Plan": Plan.PRO}
SPORTS: Final = {"1": "Soccer", "2": "Tennis", "7": "Horse Racing", "4339": "Greyhound Racing"}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MARKETS: Final = "M"
_FIRST_LINE: Final = 1 << 20
_MEGABYTE: Final = 1_000_000

_decode = msgspec.json.Decoder(MarketChangeMessage, strict=False).decode


@dataclass(frozen=True, slots=True)
class HistoricFile:
    """
    A file of one market.

    Attributes:
        name: At the service.
        path: Here.
        day: Year, month and day of its place.
    """

    name: str
    path: Path
    plan: Plan
    day: tuple[int, int, int]
    event_id: str
    event_name: str
    sport: str
    market_type: str
    country: str
    bytes: int


class Library(Protocol):
    """What there is to be had."""

    def purchases(self) -> Sequence[PurchasedItem]:
        """Return what was bought, by month."""
        ...

    async def files(self, plan: Plan) -> Sequence[HistoricFile]:
        """Return all files of a plan."""
        ...


class FolderLibrary:
    """
    Files in a folder, as ``betflow sandbox generate --output`` writes them and as Betfair delivers them.

    Args:
        folders: With ``PRO``, ``ADVANCED`` or ``BASIC`` in them; they are looked through at once.
    """

    def __init__(self, *folders: Path) -> None:
        found = (_file(folder, path) for folder in folders for path in sorted(folder.glob("*/*/*/*/*/*.bz2")))
        self._files = [file for file in found if file is not None]

    def __len__(self) -> int:
        """Return how many files there are."""
        return len(self._files)

    def purchases(self) -> Sequence[PurchasedItem]:
        """Return what was bought, by month."""
        months = dict.fromkeys((file.sport, file.plan, *file.day[:2]) for file in self._files)
        return [
            _purchase(number, sport, plan, year, month)
            for number, (sport, plan, year, month) in enumerate(sorted(months), start=1)
        ]

    async def files(self, plan: Plan) -> Sequence[HistoricFile]:
        """Return all files of a plan."""
        return [file for file in self._files if file.plan is plan]


class MadeUpLibrary:
    """
    A day that is made up, plan by plan, when it is asked for.

    Args:
        make: Makes the day up in a plan, and returns the folder.
        day: Year, month and day.
        sports: By name; those that are made up.
    """

    def __init__(
        self, make: Callable[[Plan], Awaitable[Path]], day: tuple[int, int, int], sports: Iterable[str]
    ) -> None:
        self._make = make
        self._day = day
        self._sports = sorted(sports)
        self._made: dict[Plan, asyncio.Task[FolderLibrary]] = {}

    def purchases(self) -> Sequence[PurchasedItem]:
        """Return what was bought: the month of the day, of every sport in every plan."""
        bought = [(sport, plan) for sport in self._sports for plan in PLANS.values()]
        return [
            _purchase(number, sport, plan, *self._day[:2])
            for number, (sport, plan) in enumerate(bought, start=1)
        ]

    async def files(self, plan: Plan) -> Sequence[HistoricFile]:
        """Return all files of a plan; whoever asks first waits until they are made."""
        if plan not in self._made:
            self._made[plan] = asyncio.create_task(self._library(plan))
        library = await asyncio.shield(self._made[plan])
        return await library.files(plan)

    async def _library(self, plan: Plan) -> FolderLibrary:
        return await asyncio.to_thread(FolderLibrary, await self._make(plan))


def wanted(files: Iterable[HistoricFile], by: HistoricFilter) -> list[HistoricFile]:
    """Return the files that a filter takes."""
    first = (by.from_year, by.from_month, by.from_day)
    last = (by.to_year, by.to_month, by.to_day)
    return [
        file
        for file in files
        if file.sport == by.sport
        and first <= file.day <= last
        and by.event_id in {None, int(file.event_id)}
        and (by.event_name or "").lower() in file.event_name.lower()
        and (not by.market_types_collection or file.market_type in by.market_types_collection)
        and (not by.countries_collection or file.country in by.countries_collection)
        and (not by.file_type_collection or _MARKETS in by.file_type_collection)
    ]


def plan_of(name: str) -> Plan:
    """
    Return a plan by its name.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA; there is none such.
    """
    if name not in PLANS:
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, f"plan is one of {', '.join(PLANS)}")
    return PLANS[name]


def options(files: Sequence[HistoricFile]) -> CollectionOptions:
    """Return what there is to choose from among files."""
    return CollectionOptions(
        market_types_collection=_counted(file.market_type for file in files),
        countries_collection=_counted(file.country for file in files),
        file_type_collection=_counted(_MARKETS for _ in files),
    )


def basket(files: Sequence[HistoricFile]) -> BasketSize:
    """Return how large files are together; megabytes are rounded up."""
    return BasketSize(total_size_mb=-(-sum(file.bytes for file in files) // _MEGABYTE), file_count=len(files))


def _counted(names: Iterable[str]) -> tuple[NamedCount, ...]:
    return tuple(NamedCount(name=name, count=count) for name, count in sorted(Counter(names).items()))


def _purchase(number: int, sport: str, plan: Plan, year: int, month: int) -> PurchasedItem:
    name = next(name for name, each in PLANS.items() if each is plan)
    return PurchasedItem(
        sport=sport, plan=name, for_date=f"{year}-{month:02d}-01T00:00:00", purchase_item_id=number
    )


def _file(folder: Path, path: Path) -> HistoricFile | None:
    """Return a file by its place and its first line; None where either is none of an official file."""
    plan, year, month, day, event_id, _ = path.relative_to(folder).parts
    is_official = plan in Plan.__members__ and year.isdecimal() and month in _MONTHS and day.isdecimal()
    if not is_official or not event_id.isdecimal():
        return None
    try:
        with bz2.open(path) as content:
            first = _decode(content.readline(_FIRST_LINE))
    except (OSError, EOFError, msgspec.DecodeError):
        return None
    definition = next((each.market_definition for each in first.mc or ()), None)
    if definition is None:
        return None
    return HistoricFile(
        name=ABOVE + path.relative_to(folder).as_posix(),
        path=path,
        plan=Plan(plan),
        day=(int(year), _MONTHS.index(month) + 1, int(day)),
        event_id=event_id,
        event_name=definition.event_name or "",
        sport=SPORTS.get(definition.event_type_id or "", "Other"),
        market_type=definition.market_type or "",
        country=definition.country_code or "GB",
        bytes=path.stat().st_size,
    )
