"""What the reference page of the stream says is so."""

import re
from dataclasses import fields
from pathlib import Path

from betflow.betfair.stream import happenings
from betflow.betfair.stream.policy import StreamPolicy
from betflow.wire.enums import StreamErrorCode

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "reference" / "stream.md").read_text()


def test_the_examples_are_python() -> None:
    """Every example compiles, and everything that it imports is there."""
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    assert 3 == len(examples)
    for example in examples:
        compile(example, "stream.md", "exec")
        imports = re.findall(r"^from .* import .*$", example, re.MULTILINE)
        exec("\n".join(imports), {})  # noqa: S102 - the lines are of this repository


def test_every_code_is_listed() -> None:
    """The page says what happens for each error code of the published definition."""
    assert not [code for code in StreamErrorCode if f"`{code}`" not in PAGE]


def test_every_happening_is_listed_with_its_fields() -> None:
    """The page has each kind of happening as it is written."""
    kinds = [
        happenings.Connected,
        happenings.Authenticated,
        happenings.Subscribed,
        happenings.Synchronised,
        happenings.StatusChanged,
        happenings.Refused,
        happenings.Damaged,
        happenings.Repeated,
        happenings.Ignored,
        happenings.HeartbeatAnswered,
        happenings.Disconnected,
        happenings.Reconnecting,
    ]
    written = [f"`{each.__name__}({', '.join(field.name for field in fields(each))})`" for each in kinds]

    assert not [each for each in written if each not in PAGE]


def test_defaults_are_as_listed() -> None:
    """The page's table of patience has every default."""
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([\d., ]+) \|", PAGE, re.MULTILINE)
    listed = {
        name.strip("`"): float(value)
        for names, values in rows
        for name, value in zip(names.split(", "), values.split(", "), strict=True)
    }

    assert {field.name: field.default for field in fields(StreamPolicy)} == listed
