"""What a racecard tells of made-up horses: the metadata of a catalogue, every name in it invented."""

from typing import Final

from msgspec.structs import replace

from betflow.sandbox.generator.chance import Chance
from betflow.sandbox.generator.names import FIRST, SECOND
from betflow.sandbox.listings import Listing
from betflow.wire.catalogue import RunnerCatalog

_PEOPLE: Final = (
    "A Ashdown", "B Carrow", "C Dunmore", "D Elsworth", "E Fenwick", "F Garland", "G Holroyd", "H Inglis",
    "J Kearsley", "K Lomax", "L Marchant", "M Netherby", "N Orrell", "P Quennell", "R Stansfield", "T Wardle",
)  # fmt: skip
_COLOURS: Final = ("b", "ch", "gr", "br", "bl", "ro")
_SEXES: Final = ("g", "f", "m", "c", "h")
_SILKS: Final = ("Red", "Royal blue", "Emerald green", "Yellow", "White", "Black", "Pink", "Orange", "Maroon")
_PATTERNS: Final = (
    "white sleeves",
    "black cap",
    "yellow star",
    "hooped sleeves",
    "quartered cap",
    "check cap",
)
_WEARING: Final = (None, None, None, "b", "p", "t", "h", "v")
_PLACES: Final = "123456789000PUF-"
_LIGHTEST: Final = 112
_HEAVIEST: Final = 168


def with_racecard(listing: Listing) -> Listing:
    """Return the listing of a horse race with the racecard's metadata; the same horse has the same."""
    has_draw = listing.description.race_type == "Flat"
    runners = tuple(
        replace(runner, metadata=_metadata(runner, has_draw=has_draw, field=len(listing.runners)))
        for runner in listing.runners
    )
    return replace(listing, runners=runners)


def _metadata(runner: RunnerCatalog, *, has_draw: bool, field: int) -> dict[str, str | None]:
    chance = Chance("racecard", runner.selection_id)
    number = runner.sort_priority or 1
    rating = chance.integer(45, 120)
    form = "".join(chance.one_of(_PLACES) for _ in range(chance.integer(0, 6)))
    return {
        "ADJUSTED_RATING": str(rating + chance.integer(-6, 6)),
        "AGE": str(chance.integer(2, 9)),
        "BRED": chance.one_of(("GB", "IRE", "FR", "USA")),
        "CLOTH_NUMBER": str(number),
        "CLOTH_NUMBER_ALPHA": str(number),
        "COLOUR_TYPE": chance.one_of(_COLOURS),
        "COLOURS_DESCRIPTION": f"{chance.one_of(_SILKS)}, {chance.one_of(_PATTERNS)}",
        "COLOURS_FILENAME": None,
        "DAM_BRED": chance.one_of(("GB", "IRE", "FR", "USA")),
        "DAM_NAME": _horse(chance),
        "DAM_YEAR_BORN": None,
        "DAMSIRE_BRED": chance.one_of(("GB", "IRE", "FR", "USA")),
        "DAMSIRE_NAME": _horse(chance),
        "DAMSIRE_YEAR_BORN": None,
        "DAYS_SINCE_LAST_RUN": str(chance.integer(6, 90)) if form else None,
        "FORECASTPRICE_DENOMINATOR": "1",
        "FORECASTPRICE_NUMERATOR": str(chance.integer(2, 33)),
        "FORM": form or None,
        "JOCKEY_CLAIM": chance.one_of((None, None, None, "3", "5", "7")),
        "JOCKEY_NAME": chance.one_of(_PEOPLE),
        "OFFICIAL_RATING": str(rating),
        "OWNER_NAME": f"{chance.one_of(_PEOPLE)} & Partners",
        "SEX_TYPE": chance.one_of(_SEXES),
        "SIRE_BRED": chance.one_of(("GB", "IRE", "FR", "USA")),
        "SIRE_NAME": _horse(chance),
        "SIRE_YEAR_BORN": None,
        "STALL_DRAW": str(_stall(number, field)) if has_draw else None,
        "TRAINER_NAME": chance.one_of(_PEOPLE),
        "WEARING": chance.one_of(_WEARING),
        "WEIGHT_UNITS": "pounds",
        "WEIGHT_VALUE": str(chance.integer(_LIGHTEST, _HEAVIEST)),
        "runnerId": str(runner.selection_id),
    }


def _horse(chance: Chance) -> str:
    return f"{chance.one_of(FIRST)} {chance.one_of(SECOND)}"


def _stall(number: int, field: int) -> int:
    """Return a stall, another for each horse of the field."""
    return (number * 7) % field + 1 if field % 7 else number
