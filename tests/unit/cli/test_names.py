"""One name for one thing, over all commands: options, and what stands for their values."""

import re
from collections import defaultdict
from typing import Any, Final

import pytest

from tests.unit.cli.test_options import COMMANDS

FORBIDDEN: Final = {
    "--out": "--output",
    "--out-dir": "--output",
    "--dest": "--output",
    "--file": "--output",
    "--sport": "--event-type",
    "--sports": "--event-type",
    "--limits": "--limit for rows, --risk for what may be bet",
    "--max": "--limit",
    "--count": "--limit",
    "--rows": "--limit",
    "--levels": "--depth",
    "--since": "--from",
    "--start": "--from",
    "--end": "--to",
    "--time": "--at",
    "--duration": "--for",
    "--seconds": "--for",
    "--timeout": "--for",
    "--selection": "--runner",
    "--selection-id": "--runner",
    "--market-id": "--market",
    "--url": "--store",
    "--bucket": "--store",
    "--silent": "--quiet",
}
"""Names that something else has already, and what to call it."""

METAVARS: Final = {
    "--output": {"FILE", "FOLDER"},
    "--store": {"URL"},
    "--from": {"DATE"},
    "--to": {"DATE"},
    "--at": {"TIME"},
    "--for": {"DURATION"},
    "--until": {"TIME"},
    "--limit": {"ROWS"},
    "--risk": {"NAME=VALUE"},
    "--market": {"MARKET"},
    "--workers": {"N"},
    "--depth": {"N"},
    "--name": {"NAME"},
    "--profile": {"NAME"},
}
"""What may stand for the value of an option that several commands have, or are going to have."""

TYPES: Final = {
    "BOOL",
    "BOOLEAN",
    "FLOAT",
    "INT",
    "INTEGER",
    "LIST",
    "NONE",
    "PATH",
    "STR",
    "STRING",
    "TEXT",
    "VALUE",
}
"""What says how a value is written, not what it is; but for --data-dir PATH and --text TEXT."""


def options(command: Any) -> list[Any]:  # noqa: ANN401 - Typer's own
    """Return the options of a command or a group."""
    return [each for each in command.params if each.param_type_name == "option"]


@pytest.mark.parametrize("path", COMMANDS)
def test_no_option_has_a_second_name_for_a_thing(path: str) -> None:
    """No command has an option whose meaning another name has everywhere else."""
    names = [name for each in options(COMMANDS[path]) for name in (*each.opts, *each.secondary_opts)]

    assert {} == {name: FORBIDDEN[name] for name in names if name in FORBIDDEN}


@pytest.mark.parametrize("path", COMMANDS)
def test_every_value_has_a_placeholder_that_means_something(path: str) -> None:
    """What follows an option, and each argument, is named in capitals, never by a type; a flag has none."""
    for each in COMMANDS[path].params:
        if getattr(each, "is_flag", False):
            assert each.metavar is None, each.opts
            continue
        words = re.split(
            r"[|=,…]+", (each.metavar or "").removesuffix(".png").removesuffix(".html").strip("…,")
        )
        assert all(re.fullmatch(r"[A-Z]+", word) for word in words), (each.opts, each.metavar)
        if each.opts[0] not in {"--data-dir", "--text", "--tapes"} and each.param_type_name == "option":
            assert set() == TYPES & set(words) - ({"VALUE"} if "=" in each.metavar else set()), each.opts


@pytest.mark.parametrize("path", COMMANDS)
def test_placeholders_are_those_of_the_option(path: str) -> None:
    """A name that several commands have takes the same kind of value in all of them."""
    for each in options(COMMANDS[path]):
        if each.opts[0] in METAVARS:
            assert each.metavar in METAVARS[each.opts[0]], each.opts


def test_one_name_has_one_placeholder() -> None:
    """Where a name may take one kind of value only, all commands call it alike, one or a list of them."""
    seen: dict[str, set[str]] = defaultdict(set)
    for command in COMMANDS.values():
        for each in options(command):
            if not each.is_flag and len(METAVARS.get(each.opts[0], ())) != 2:
                seen[each.opts[0]].add(str(each.metavar).removesuffix(",…"))

    assert {} == {name: metavars for name, metavars in seen.items() if len(metavars) > 1}
