"""
Betfair's historic data service as typed values: what was bought, what there is of it, and how large it is.

Source: the service's API documentation; "Historic Data" sample code.
"""

import msgspec


class PurchasedItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """
    One month of data that the account has bought; the free plan has to be bought as well.

    `plan` is ``Basic Plan``, ``Advanced Plan`` or ``Pro Plan``; `for_date` the first of the month, ISO 8601.
    """

    sport: str
    plan: str
    for_date: str
    purchase_item_id: int | None = None


class HistoricFilter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """
    Which files: of a sport and a plan, from one day to another, both included; empty lists take everything.

    `file_type_collection`: ``M`` for files of one market, ``E`` for files of one event.
    """

    sport: str
    plan: str
    from_day: int
    from_month: int
    from_year: int
    to_day: int
    to_month: int
    to_year: int
    event_id: int | None = None
    event_name: str | None = None
    market_types_collection: tuple[str, ...] = ()
    countries_collection: tuple[str, ...] = ()
    file_type_collection: tuple[str, ...] = ()


class NamedCount(msgspec.Struct, frozen=True):
    """How many files there are of something."""

    name: str
    count: int


class CollectionOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a filter may be narrowed to, with the number of files each."""

    market_types_collection: tuple[NamedCount, ...] = ()
    countries_collection: tuple[NamedCount, ...] = ()
    file_type_collection: tuple[NamedCount, ...] = ()


class BasketSize(msgspec.Struct, frozen=True, kw_only=True):
    """How much a filter takes: megabytes, as stored, and files."""

    total_size_mb: float = msgspec.field(name="totalSizeMB")
    file_count: int = msgspec.field(name="fileCount")
