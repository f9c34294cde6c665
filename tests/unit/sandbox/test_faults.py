"""Faults on demand."""

from pathlib import Path

import pytest

from betflow.errors import UsageError
from betflow.sandbox.faults import (
    CODES,
    KINDS,
    Fault,
    FaultKind,
    FaultRule,
    Faults,
    Strike,
    Where,
    read_rules,
    rule_of,
)


def rule(**fields: object) -> FaultRule:
    """Return a rule about calls, unless told otherwise."""
    return rule_of({"where": "api", "kind": "drop", **fields})


def struck(faults: Faults, events: int, subject: str = "placeOrders") -> list[int]:
    """Return which of so many events went wrong, counted from 1."""
    return [number for number in range(1, events + 1) if faults.next(Where.API, subject)]


def test_without_a_rule_nothing_goes_wrong() -> None:
    """There is nothing to count either."""
    faults = Faults()
    assert not faults.is_possible(Where.API)
    assert [] == struck(faults, 5)


@pytest.mark.parametrize(
    ("counts", "wrong"),
    [
        ({}, [1]),
        ({"after": 2}, [3]),
        ({"times": 3}, [1, 2, 3]),
        ({"after": 1, "every": 3, "times": 2}, [2, 5]),
        ({"every": 4, "times": 0}, [1, 5, 9]),
    ],
)
def test_which_events_go_wrong_follows_from_after_every_and_times(
    counts: dict[str, int], wrong: list[int]
) -> None:
    """So many go well, then one in so many goes wrong, so often."""
    assert wrong == struck(Faults((rule(**counts),)), 10)


def test_a_rule_counts_only_events_of_its_place_and_subject() -> None:
    """Case is no matter: methods are found in any case."""
    faults = Faults((rule(subject="placeorders", after=1),))
    assert faults.next(Where.API, "placeOrders") is None
    assert faults.next(Where.API, "listMarketBook") is None
    assert faults.next(Where.STREAM, "placeOrders") is None
    assert Fault(FaultKind.DROP) == faults.next(Where.API, "placeOrders")


def test_when_two_rules_are_due_the_younger_strikes_the_next_event() -> None:
    """No fault gets lost."""
    faults = Faults((rule(), rule(kind="malformed")))
    assert Fault(FaultKind.DROP) == faults.next(Where.API, "")
    assert Fault(FaultKind.MALFORMED) == faults.next(Where.API, "")
    assert faults.next(Where.API, "") is None


def test_each_fault_that_happens_is_told() -> None:
    """With the rule, and with which event of it."""
    told: list[Strike] = []
    faults = Faults((rule(after=1),), observe=told.append)
    struck(faults, 3)
    assert [Strike(1, 2, Where.API, "placeOrders", Fault(FaultKind.DROP))] == told
    assert faults.struck == 1


def test_rules_can_be_added_and_cleared_while_they_are_in_force() -> None:
    """By number, or all of them."""
    faults = Faults((rule(times=0), rule(where="stream", times=0)))
    number = faults.add(rule(kind="malformed"))
    assert [1, 2, number] == [each.number for each in faults]
    assert 1 == faults.clear(1)
    assert 2 == faults.clear()
    assert [] == list(faults)
    assert 0 == faults.clear()


def test_a_file_of_faults_is_yaml_or_json(tmp_path: Path) -> None:
    """A list, or one under a heading."""
    path = tmp_path / "faults"
    expected = (rule(kind="slow", seconds=1.5), rule(where="identity", kind="error", code="KYC_SUSPEND"))
    path.write_text(
        "faults:\n- {where: api, kind: slow, seconds: 1.5}\n"
        "- {where: identity, kind: error, code: KYC_SUSPEND}\n"
    )
    assert expected == read_rules(path)
    path.write_text(
        '[{"where": "api", "kind": "slow", "seconds": 1.5},'
        ' {"where": "identity", "kind": "error", "code": "KYC_SUSPEND"}]'
    )
    assert expected == read_rules(path)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"where": "api"}, "missing required field `kind`"),
        ({"where": "api", "kind": "explode"}, "Invalid enum value 'explode'"),
        ({"where": "api", "kind": "drop", "often": 3}, "unknown field `often`"),
        ({"where": "api", "kind": "wrong-host"}, "wrong-host cannot happen at api"),
        ({"where": "api", "kind": "drop", "after": -1}, "A count is too small"),
        ({"where": "api", "kind": "drop", "every": 0}, "A count is too small"),
        ({"where": "api", "kind": "slow"}, "0 seconds are none"),
        ({"where": "api", "kind": "stall", "seconds": float("nan")}, "nan seconds are none"),
        ({"where": "api", "kind": "clock-skew"}, "The clock is not wrong"),
        ({"where": "api", "kind": "error"}, "A code belongs to the kind error"),
        ({"where": "api", "kind": "drop", "code": "SERVICE_BUSY"}, "A code belongs to the kind error"),
        ({"where": "api", "kind": "error", "code": "OUT_OF_LUCK"}, "OUT_OF_LUCK is no error of api"),
        ("drop", "Expected `object`"),
    ],
)
def test_what_is_no_fault_is_refused_with_the_reason(fault: object, why: str) -> None:
    """A typing error must not leave a test without its fault."""
    with pytest.raises(UsageError, match=why):
        rule_of(fault)


def test_a_file_says_which_of_its_faults_is_wrong(tmp_path: Path) -> None:
    """Counted from 1."""
    path = tmp_path / "faults.yaml"
    path.write_text("- {where: api, kind: drop}\n- {where: api, kind: explode}\n")
    with pytest.raises(UsageError, match=r"faults\.yaml, fault 2: Invalid enum value"):
        read_rules(path)


@pytest.mark.parametrize(
    ("content", "why"), [("a: 1", "is no list of faults"), ("[", "is no YAML"), ("", "is no list of faults")]
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: str, why: str) -> None:
    """Also one that is not there."""
    path = tmp_path / "faults.yaml"
    path.write_text(content)
    with pytest.raises(UsageError, match=why):
        read_rules(path)
    with pytest.raises(UsageError, match=r"other\.yaml cannot be read: No such file"):
        read_rules(tmp_path / "other.yaml")


def test_every_kind_can_happen_somewhere_and_every_place_has_its_codes() -> None:
    """Nothing is documented that cannot be asked for."""
    assert set(FaultKind) == {kind for kinds in KINDS.values() for kind in kinds}
    assert set(Where) == set(CODES)
