"""Equal values have one text."""

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from betflow.ledger.canonical import canonical_json, digest

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_keys_are_sorted_and_nothing_is_escaped() -> None:
    """Keys stand in order of code points, without spaces, and characters as themselves."""
    assert '{"a":[1,2.5,null],"b":"café"}' == canonical_json({"b": "café", "a": [1, 2.5, None]})


@given(value=values)
def test_text_survives_reading_back(value: object) -> None:
    """What was read back has the same canonical text, so the same hash."""
    text = canonical_json(value)

    assert text == canonical_json(json.loads(text))


@given(value=values)
@example(value=[1e-4, 9e-5, 1e16, 9999999999999998.0, -0.0, 5e-324, 2**70])
@example(value={'\x7f\u2028/"\\': "\b\t\n\f\r\x1f", "\U0001f40e": 1, "\uffff": 2})
def test_text_is_what_python_writes(value: object) -> None:
    """Whatever writes the text, it is that of the standard library: hashes of years depend on it."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    assert text == canonical_json(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [{"a": math.nan}]])
def test_numbers_that_json_has_no_word_for_are_refused(value: object) -> None:
    """NaN and the infinities are refused."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)


def test_keys_that_are_no_text_are_refused() -> None:
    """A number as key is refused, however deep: JSON would turn it into text that sorts differently."""
    with pytest.raises(TypeError, match="key 10 is int"):
        canonical_json([{"a": {10: None}}])


def test_lone_surrogates_are_refused() -> None:
    """Half a character is refused, since UTF-8 has no bytes for it."""
    with pytest.raises(UnicodeEncodeError):
        canonical_json("\udcff")


def test_digest_is_sha256_of_utf8() -> None:
    """The digest of nothing is the well-known sha256 of nothing."""
    assert "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" == digest("")
