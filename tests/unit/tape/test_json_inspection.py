"""Keys that come twice and text that is not UTF-8 are found, whatever the line looks like."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betflow.tape import Tape
from betflow.tape.inspection import Inspector
from betflow.tape.json_inspection import is_utf_8, repeated_key

_MESSAGE = b'{"op":"mcm","clk":"1","pt":1573500000000,"mc":[{"id":"1.1","rc":[{"id":1,"ltp":2%s}]}]}\n'

_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b'{"a":1,"a":2}', "a"),
        (b'{"a":1,"a":1}', "a"),
        (b'{"a" :1,"a":{"b":":"}}', "a"),
        (b'{"x":[{"b":{"a":1}},{"b":1,"c":2,"b":3}]}', "b"),
        (b'{"a":1,"\\u0061":2}', "a"),
        (b'{"x":"\\u003a","a":1,"a":2}', "a"),
        (b'{"x":1e999,"a":1,"a":2}', "a"),
        (b'{"":1,"":2}', ""),
        (b'[{"a":1},{"a":1}]', None),
        (b'{"a":{"a":{"a":"a:a"}}}', None),
        (b'{"x":1e999,"a":1}', None),
        (b'{"a":"\\"a\\":","b":1.0}', None),
    ],
)
def test_key_that_comes_twice_in_an_object_is_found(line: bytes, key: str | None) -> None:
    """In any object, with any spaces and escapes; the same key in two objects is none."""
    assert key == repeated_key(line)


@given(value=_values, ascii_only=st.booleans())
def test_what_a_writer_of_json_writes_has_no_key_twice(*, value: object, ascii_only: bool) -> None:
    """Whatever the values and however they are escaped."""
    assert repeated_key(json.dumps(value, ensure_ascii=ascii_only).encode(errors="replace")) is None


@given(value=st.dictionaries(st.text(), _values, min_size=1), ascii_only=st.booleans(), data=st.data())
def test_member_that_is_added_again_is_found(
    *, value: dict[str, object], ascii_only: bool, data: st.DataObject
) -> None:
    """Whatever else is in the line."""
    key = data.draw(st.sampled_from(sorted(value)))
    member = json.dumps({key: data.draw(_values)}, ensure_ascii=ascii_only)[1:]
    line = json.dumps([value], ensure_ascii=ascii_only)[:-2] + ", " + member + "]"

    assert key[:40] == repeated_key(line.encode(errors="replace"))


@pytest.mark.parametrize(("line", "expected"), [(b"a", True), ("é".encode(), True), (b"\xe9", False)])
def test_utf_8_is_told(line: bytes, *, expected: bool) -> None:
    """ASCII is, and what the codec takes."""
    assert expected == is_utf_8(line)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (b',"ltp":3', "tape.key-repeated"),
        (b',"x":{"y":1,"y":1}', "tape.key-repeated"),
        (b',"x":"\xff"', "tape.not-utf-8"),
    ],
)
def test_verification_says_where_a_line_is_no_good_json(more: bytes, code: str, tmp_path: Path) -> None:
    """Also in what betflow reads nothing of; the message counts, and a finding has its line."""
    (tmp_path / "tape").write_bytes(_MESSAGE % b"" + _MESSAGE.replace(b"0000,", b"0001,") % more)
    inspection = Inspector(Tape(tmp_path / "tape"), thorough=True).inspect()

    assert 2 == inspection.counts.messages
    [found] = [each for each in inspection.oddities if each.code == code]
    assert (2, 1) == (found.where["line"], found.where["count"])
