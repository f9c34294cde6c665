"""``betflow tape show``: what the archive knows of one market."""

from typing import Any

import msgspec

from betflow.errors import NotFoundError
from betflow.exchange.times import iso
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import RunContext
from betflow.tape.archive import Archive
from betflow.tape.index import Index
from betflow.tape.manifest import Manifest, MarketSummary


def show(market_id: str, context: RunContext) -> Outcome:
    """
    Show a market's definition, runners with results, changes of status, and the tapes that hold it.

    Raises:
        NotFoundError: there is no such market.
        DamagedError: a manifest is gone or damaged.
    """
    archive = Archive(context.data_dir)
    with Index(archive) as index:
        names = index.tapes_of(market_id)
    if not names:
        raise NotFoundError(
            f"There is no market {market_id} in the archive of {context.data_dir}.",
            advice="`betflow tape ls` shows what is there, `betflow backfill PATH` adds to it.",
        )
    manifests = [archive.manifest(name) for name in names]
    market = next(each for each in manifests[0].markets if each.market_id == market_id)
    data = _market(market)
    data["tapes"] = [_tape(archive, manifest) for manifest in manifests]
    return Outcome(data)


def _market(market: MarketSummary) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(market)
    data["first_published"] = iso(market.first_publish_time)
    data["last_published"] = iso(market.last_publish_time)
    for change in data["timeline"]:
        change["published"] = iso(change["publish_time"])
    return data


def _tape(archive: Archive, manifest: Manifest) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(manifest)
    del fields["schema"]
    fields["markets"] = len(manifest.markets)
    return {"path": str(archive.tape_path(manifest.sha256)), **fields}
