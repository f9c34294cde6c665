"""
The CSV files of Betfair starting prices: results, prices and volumes of the races of a day.

Betfair has them under ``https://promo.betfair.com/betfairsp/prices/``. Days and times are the UK's. Prices
and volumes of the morning are left empty: the sandbox has no morning. Other volumes count each bet once.

Source: the files' columns, "Betfair Starting Price" results pages.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

from betflow.exchange.times import epoch_ms, iso
from betflow.exchange.volumes import hundredths
from betflow.sandbox.listings import GREYHOUNDS, HORSE_RACING
from betflow.sandbox.market_data.markets import Market, Markets
from betflow.sandbox.market_data.past import RunnerKey
from betflow.wire.enums import RunnerStatus
from betflow.wire.stream import RunnerDefinition

COLUMNS: Final = (
    "EVENT_ID", "MENU_HINT", "EVENT_NAME", "EVENT_DT", "SELECTION_ID", "SELECTION_NAME", "WIN_LOSE", "BSP",
    "PPWAP", "MORNINGWAP", "PPMAX", "PPMIN", "IPMAX", "IPMIN", "MORNINGTRADEDVOL", "PPTRADEDVOL",
    "IPTRADEDVOL",
)  # fmt: skip

_FILE: Final = re.compile(
    r"dwbf(?:prices(?P<region>uk|ire|aus|usa|fr|rsa)|greyhound)(?P<kind>win|place)"
    r"(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{4})\.csv",
    re.IGNORECASE | re.ASCII,
)
_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR
_WEEK: Final = 7
_THURSDAY: Final = 4
"""The day of the week, from Sunday, that time begins with."""
_REGIONS: Final = {"uk": "GB", "ire": "IE", "aus": "AU", "usa": "US", "fr": "FR", "rsa": "ZA"}


def starting_prices_csv(markets: Markets, file_name: str) -> str | None:
    """
    Return the content of a file, as far as its races are settled.

    Args:
        markets: All markets.
        file_name: ``dwbfpricesukwin04072026.csv`` or ``dwbfgreyhoundplace04072026.csv``.

    Returns:
        None where there is no such file: its name is none, or no race of that day is settled yet.
    """
    named = _FILE.fullmatch(file_name)
    if named is None:
        return None
    wanted = _Wanted(
        event_type_id=HORSE_RACING if named["region"] else GREYHOUNDS,
        country=_REGIONS[named["region"].lower()] if named["region"] else None,
        market_type=named["kind"].upper(),
        day=f"{named['year']}-{named['month']}-{named['day']}",
    )
    every = [market for each in markets.books if (market := markets.market(each)) is not None]
    settled = sorted(
        (market for market in every if wanted.has(market)),
        key=lambda market: (market.starts_at, market.listing.market_id),
    )
    if not settled:
        return None
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for market in settled:
        writer.writerows(_rows(markets, market))
    return content.getvalue()


@dataclass(frozen=True, slots=True)
class _Wanted:
    event_type_id: str
    country: str | None
    market_type: str
    day: str

    def has(self, market: Market) -> bool:
        """Say whether a market is to be in the file."""
        return (
            market.book.is_closed
            and bool(market.definition.bsp_market)
            and market.listing.event_type.id == self.event_type_id
            and self.country in {None, market.listing.event.country_code}
            and market.definition.market_type == self.market_type
            and _in_the_uk(market.starts_at).startswith(self.day)
        )


def _rows(markets: Markets, market: Market) -> Iterator[tuple[object, ...]]:
    listing, past = market.listing, markets.past
    off = _in_the_uk(market.starts_at)
    year, month, day = off[:10].split("-")
    about = (
        listing.market_id.partition(".")[2],
        f"{listing.event.country_code} / {listing.event.name}",
        listing.market_name,
        f"{day}-{month}-{year} {off[11:16]}",
    )
    for runner in market.definition.runners or ():
        if runner.bsp is None or not isfinite(runner.bsp):
            continue
        key = runner.id, runner.hc or 0.0
        before = past.before.get(listing.market_id, {}).get(key, {})
        traded = past.traded.get(listing.market_id, {}).get(key, {})
        yield (*about, *_row(runner, _name(market, key), before, _later(traded, before)))


def _in_the_uk(moment: int) -> str:
    """Return a moment by the clocks of the UK: an hour on from the last Sunday in March to October's."""
    year = iso(moment)[:4]
    begins, ends = (_sunday_before(epoch_ms(f"{year}-{day}T01:00:00Z")) for day in ("03-31", "10-31"))
    return iso(moment + _HOUR if begins <= moment < ends else moment)


def _sunday_before(moment: int) -> int:
    """Return the same time on the last Sunday up to that day."""
    return moment - (moment // _DAY + _THURSDAY) % _WEEK * _DAY


def _row(
    runner: RunnerDefinition, name: str, before: Mapping[float, float], in_play: Mapping[float, float]
) -> Iterator[object]:
    has_won = runner.status == RunnerStatus.WINNER
    morning = ""
    return iter(
        (
            runner.id,
            name,
            int(has_won),
            runner.bsp,
            _average(before),
            morning,
            max(before, default=""),
            min(before, default=""),
            max(in_play, default=""),
            min(in_play, default=""),
            morning,
            _volume(before),
            _volume(in_play),
        )
    )


def _name(market: Market, key: RunnerKey) -> str:
    runner = market.listing.runner(*key)
    return (runner and runner.runner_name) or f"Runner {key[0]}"


def _later(all_of_it: Mapping[float, float], before: Mapping[float, float]) -> dict[float, float]:
    """Return what was traded after something was traded before."""
    later = {
        price: hundredths(size) - hundredths(before.get(price, 0.0)) for price, size in all_of_it.items()
    }
    return {price: size / 100 for price, size in later.items() if size > 0}


def _volume(traded: Mapping[float, float]) -> float:
    """Return a volume as these files have it: each bet once."""
    return sum(map(hundredths, traded.values())) / 200


def _average(traded: Mapping[float, float]) -> float | str:
    pennies = {price: hundredths(size) for price, size in traded.items()}
    total = sum(pennies.values())
    return sum(price * size for price, size in pennies.items()) / total if total else ""
