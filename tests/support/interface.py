"""Betfair's published interface definitions (XML), as far as tests compare types with them."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tapes import shared_reference


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a data type, or a parameter of an operation."""

    name: str
    type: str
    mandatory: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """What one interface defines, by name."""

    types: dict[str, tuple[Member, ...]]
    operations: dict[str, tuple[Member, ...]]
    answers: dict[str, str]
    enums: dict[str, tuple[str, ...]]
    exceptions: tuple[str, ...]


@cache
def interface(name: str) -> Definition:
    """Return a published definition: ``SportsAPING``, ``AccountAPING`` or ``HeartbeatAPING``."""
    root = ET.parse(_file(name)).getroot()  # noqa: S314 - a file of ours, nothing that came from outside
    operations, answers = {}, {}
    for operation in root.iter("operation"):
        given = operation.find("parameters/request")
        answer = operation.find("parameters/simpleResponse")
        operations[_name(operation)] = _members(given)
        answers[_name(operation)] = "" if answer is None else answer.attrib["type"]
    return Definition(
        types={_name(each): _members(each) for each in root.iter("dataType")},
        operations=operations,
        answers=answers,
        enums={_name(each): _values(each) for each in root.iter("simpleType") if _values(each)},
        exceptions=tuple(code for each in root.iter("exceptionType") for code in _values(each)),
    )


def _file(name: str) -> Path:
    return shared_reference() / "interface" / f"{name}.xml"


def _name(element: ET.Element) -> str:
    return element.attrib["name"]


def _members(element: ET.Element | None) -> tuple[Member, ...]:
    if element is None:
        return ()
    return tuple(
        Member(_name(each), each.attrib["type"], each.get("mandatory") == "true")
        for each in element.iter("parameter")
    )


def _values(element: ET.Element) -> tuple[str, ...]:
    return tuple(_name(each) for each in element.iter("value"))
