"""Catalogues that lie beside a tape: what recorders save of listMarketCatalogue, a file for each market."""

import gzip
import re
from pathlib import Path
from typing import Final

import msgspec

from betflow.errors import Finding
from betflow.storage.files import shown_name
from betflow.wire.catalogue import MarketCatalogue

_MARKET_ID: Final = re.compile(r"\d{1,3}\.\d{1,20}", re.ASCII)
_LARGEST: Final = 4 << 20
_FOLDERS: Final = ("", "catalogues")
_ENDINGS: Final = (".json", ".json.gz")

_decode = msgspec.json.Decoder(MarketCatalogue, strict=False).decode


def catalogue_beside(tape: Path, market_id: str, findings: list[Finding]) -> MarketCatalogue | None:
    """
    Return the catalogue of a market: ``<market id>.json`` beside the tape, or in ``catalogues`` there.

    Args:
        tape: The file.
        market_id: Which market; it comes from outside, and is no path.
        findings: Gets catalogues that cannot be read.
    """
    if not _MARKET_ID.fullmatch(market_id):
        return None
    for folder in _FOLDERS:
        for ending in _ENDINGS:
            path = tape.parent / folder / f"{market_id}{ending}"
            if path.is_file():
                return _read(path, findings)
    return None


def _read(path: Path, findings: list[Finding]) -> MarketCatalogue | None:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _decode(file.read(_LARGEST))
    except (OSError, EOFError, msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"It is no catalogue: {error}. Names come from the tape, or are made up."
        findings.append(Finding("feed.catalogue-damaged", shown_name(path), message))
        return None
