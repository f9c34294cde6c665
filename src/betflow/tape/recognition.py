"""Whether a stream of lines is a tape, for everybody who meets files of all kinds in a folder."""

import re
from enum import StrEnum

from betflow.tape.compression import Damage
from betflow.tape.inspection import Inspection

LINE_CODES = frozenset({"tape.line-damaged", "tape.half-line"})
"""Findings about single lines, with good ones around them as a rule."""

_BREAKS = frozenset({"tape.empty", *(f"tape.{damage}" for damage in Damage)})
_TAPE_NAME = re.compile(r"(?:.*\.bz2|(?:.*[^0-9.])?[0-9]\.[0-9]{6,}(?:\.(?:bz2|gz|xz|zst))*)", re.DOTALL)


class Recognition(StrEnum):
    """What a stream of lines is."""

    TAPE = "tape"
    """There is at least one message in it."""
    DAMAGED_TAPE = "damaged-tape"
    """It was to be a tape, or cannot be read at all, and no message comes out of it."""
    NAMED_LIKE_A_TAPE = "named-like-a-tape"
    """Its name says that it is a tape, and its content that it is none."""
    NO_TAPE = "no-tape"
    """Something else, such as a README or a catalogue: nobody said that it was a tape."""


def recognise(inspection: Inspection, *, head: bytes, name: str) -> Recognition:
    """
    Tell a tape from what is none.

    Args:
        inspection: What came out of it.
        head: How its content begins.
        name: What it is called, with or without folders.
    """
    if inspection.counts.messages:
        return Recognition.TAPE
    if breaks(inspection):
        return Recognition.DAMAGED_TAPE
    if b'"op"' in head and not inspection.counts.other:
        return Recognition.DAMAGED_TAPE
    return Recognition.NAMED_LIKE_A_TAPE if is_tape_name(name) else Recognition.NO_TAPE


def breaks(inspection: Inspection) -> list[str]:
    """Return what kept the content from being read to its end, in the findings' words."""
    return [each.message for each in inspection.damage if each.code in _BREAKS]


def is_tape_name(name: str) -> bool:
    """
    Say whether a name is one that tapes have: it ends with ``.bz2`` or with a market's id, compressed or not.

    Betfair calls historic files ``1.234567890.bz2``; recorders leave the ending, or put something before
    the id. Hidden files are none, such as the ``._1.234567890.bz2`` that some systems add to archives.
    """
    last = re.split(r"[/\\]", name)[-1]
    return not last.startswith(".") and _TAPE_NAME.fullmatch(last) is not None


def is_damage_code(code: str) -> bool:
    """Say whether a finding of a tape is about something that could not be read."""
    return code in LINE_CODES or code in _BREAKS or code == "tape.no-messages"
