"""What requests restrict their answers to, as Betfair documents it: times, records, values."""

from collections.abc import Sequence
from math import inf
from typing import TypeVar

from betflow.exchange.times import epoch_ms
from betflow.sandbox.refusals import ServiceRefusal
from betflow.wire.catalogue import TimeRange
from betflow.wire.enums import ServiceErrorCode

_Record = TypeVar("_Record")


def span(given: TimeRange | None) -> tuple[float, float]:
    """
    Return both ends of a range in epoch milliseconds; infinite where an end is open.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA if an end is no moment.
    """
    if given is None:
        return -inf, inf
    return moment(given.from_) if given.from_ else -inf, moment(given.to) if given.to else inf


def moment(text: str) -> int:
    """
    Return a moment in epoch milliseconds.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA if the text is none.
    """
    try:
        return epoch_ms(text)
    except ValueError as error:
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, str(error)) from error


def page(
    records: Sequence[_Record],
    first: int | None,
    count: int | None,
    longest: int,
    *,
    too_long: ServiceErrorCode = ServiceErrorCode.TOO_MUCH_DATA,
) -> tuple[Sequence[_Record], bool]:
    """
    Return a page of records, and whether there are more behind it.

    Args:
        records: All of them, in order.
        first: The first record, from 0.
        count: How many; 0 or None for as many as a page may have.
        longest: How many that is.
        too_long: How the service refuses more.

    Raises:
        ServiceRefusal: INVALID_INPUT_DATA if a number is negative, *too_long* if a page would be.
    """
    begins, wanted = first or 0, count or longest
    if begins < 0 or wanted < 0:
        raise ServiceRefusal(ServiceErrorCode.INVALID_INPUT_DATA, "fromRecord and recordCount start from 0")
    if wanted > longest:
        raise ServiceRefusal(too_long, f"a page has at most {longest} records")
    return records[begins : begins + wanted], begins + wanted < len(records)


def is_among(value: str, wanted: Sequence[str] | None) -> bool:
    """Say whether a value is among those asked for; no list, or an empty one, asks for all."""
    return not wanted or value in wanted
