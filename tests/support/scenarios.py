"""
Conformance scenarios: how they are written, and the stream messages that they stand for.

A scenario is a few lines of a market's recording, some orders, and what Betfair would have matched and paid.
docs/reference/conformance.md says how to read one; the files are in ``tests/conformance``.

A line reads ``TIME SUBJECT CHANGE…``, with further ``; SUBJECT CHANGE…`` in the same message. The time is in
seconds from the start. A subject is ``market``, ``message``, or a runner as ``1`` or ``1@-0.5``; with several
markets in front of it which, as in ``place:1``. Changes are

- of a ladder: its name on the wire, then the new sizes: ``atb 3.0:50 2.98:20``;
- of the definition: ``status=SUSPENDED``, ``bsp=4.0``, with Betfair's names;
- of the market's change: ``con`` (merged from several) or ``img`` (replaces all that was known);
- of the message: ``status=503`` (late or incomplete).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

FOLDER = Path(__file__).resolve().parents[1] / "conformance"
START_MS = 1_718_456_400_000  # 2024-06-15T13:00:00Z
OFF_MS = START_MS + 600_000
CLOSES_AFTER_S = 60
LADDERS = ("atb", "atl", "trd", "spb", "spl")
FLAGS = ("con", "img")
EVENT_ID = "30000001"


class Latency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long each kind of request takes to the exchange, in seconds."""

    place: float = 0.0
    cancel: float = 0.0
    update: float = 0.0
    replace: float = 0.0


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose orders they are."""

    currency: str = "GBP"
    best_execution: bool = True
    available: float | None = None


class ScenarioOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    An order of a scenario: the columns of a file of scripted orders, and what else can be asked for.

    Times are in seconds. Without `at` it is never placed: then `bet_id` says what to cancel. Orders with
    the same `request` are placed together.
    """

    ref: str
    at: float | None = None
    market: str = ""
    market_id: str | None = None
    selection_id: int = 1
    handicap: float = 0.0
    side: str = "BACK"
    order_type: str = "LIMIT"
    price: float | None = None
    size: float | None = None
    persistence_type: str | None = None
    time_in_force: str | None = None
    min_fill_size: float | None = None
    bet_target_type: str | None = None
    bet_target_size: float | None = None
    market_version: int | None = None
    customer_ref: str | None = None
    request: str | None = None
    strategy: str = ""
    bet_id: str | None = None
    cancel_at: float | None = None
    size_reduction: float | None = None
    replace_at: float | None = None
    new_price: float | None = None
    update_at: float | None = None
    new_persistence_type: str | None = None


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an order comes to; what is left out is not compared, or in a case the same as expected."""

    size_matched: float | None = None
    average_price_matched: float | None = None
    size_remaining: float | None = None
    size_cancelled: float | None = None
    size_lapsed: float | None = None
    size_voided: float | None = None
    status: str | None = None
    error_code: str | None = None
    profit: float | str | None = None
    doubts: tuple[str, ...] | None = None
    cancel_error: str | None = None
    update_error: str | None = None
    replace_error: str | None = None
    worst: "Expected | None" = None
    best: "Expected | None" = None


class ExpectedMarket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all bets in a market come to."""

    profit: float | None = None
    commission: float | None = None


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    One rule, put to the test.

    Attributes:
        name: What the table calls it.
        rule: The rule in one sentence.
        because: How the expected numbers come about, worked out by hand.
        source: Where the rule is from.
        certain: Whether Betfair says so clearly; otherwise the name of the assumption.
        market: Fields of the definition that differ from the usual ones; `runners` by subject.
        markets: The same for several markets of one event, by a short name.
        account: Whose orders they are.
        discount: The account's discount in per cent.
        latency: In seconds; none unless given.
        lines: What was recorded.
        result: The final status by runner; the others lost. Left out: the recording ends before that.
        line_result: The number that a line market was about.
        score: By selection, in a handicap market.
        goals: In a market of goal lines; runner 1 is over, runner 2 under.
        orders: What we asked for.
        expect: What it comes to, by `ref`; ``REF.2`` is what replaced it.
        expect_market: What all of it comes to, by market.
    """

    name: str
    rule: str
    because: str
    source: str
    certain: bool | str
    market: dict[str, Any] = {}
    markets: dict[str, dict[str, Any]] = {}
    account: Account = Account()
    discount: float = 0.0
    latency: Latency = Latency()
    lines: tuple[str, ...]
    result: dict[str, str] | None = None
    line_result: float | None = None
    score: dict[str, int] | None = None
    goals: int | None = None
    orders: tuple[ScenarioOrder, ...]
    expect: dict[str, Expected]
    expect_market: dict[str, ExpectedMarket] = {}

    @property
    def market_ids(self) -> dict[str, str]:
        """The market ids by short name; a single market has none."""
        return {name: f"1.{number}" for number, name in enumerate(self.markets or {"": {}}, start=1)}


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The scenarios of one file.

    Attributes:
        family: What the rules are about.
        about: The same in a sentence or two.
        scenarios: One for each rule.
        pays: Whether they are about what is paid rather than about what is matched.
    """

    family: str
    about: str
    scenarios: tuple[Scenario, ...]
    pays: bool = False


def load(folder: Path = FOLDER) -> tuple[Family, ...]:
    """
    Return all families in the order of the file names.

    Raises:
        ValueError: if a file is not as it should be, with what is wrong and where.
    """
    return tuple(_family(path) for path in sorted(folder.glob("*.yaml")))


def _family(path: Path) -> Family:
    raw = _with_text_keys(yaml.safe_load(path.read_text(encoding="utf-8")))
    try:
        return msgspec.convert(raw, Family)
    except msgspec.ValidationError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _with_text_keys(value: Any) -> Any:  # noqa: ANN401 - any YAML
    """Return the same with text for keys: YAML takes the selection id of a runner for a number."""
    if isinstance(value, dict):
        return {str(key): _with_text_keys(each) for key, each in value.items()}
    return [_with_text_keys(each) for each in value] if isinstance(value, list) else value


def at_ms(seconds: float) -> int:
    """Return a scenario's time as epoch milliseconds."""
    return START_MS + round(seconds * 1000)


@dataclass(slots=True)
class _Market:
    """A market's definition as it stands, while the lines are read."""

    definition: dict[str, Any]
    runners: dict[str, dict[str, Any]]

    def change(self) -> dict[str, Any]:
        """Return it as the stream has it, whole."""
        active = sum(runner["status"] == "ACTIVE" for runner in self.runners.values())
        return {
            **self.definition,
            "numberOfActiveRunners": active,
            "runners": [dict(runner) for runner in self.runners.values()],
        }


@dataclass(slots=True)
class _Changes:
    """What one message says of one market."""

    runners: dict[str, dict[str, Any]] = field(default_factory=dict)
    flags: dict[str, Any] = field(default_factory=dict)
    is_defined: bool = False
    has_version: bool = False


def messages(scenario: Scenario) -> list[dict[str, Any]]:
    """
    Return the scenario's recording as stream messages, in JSON's terms; the definitions come first.

    Raises:
        ValueError: if a line cannot be read.
    """
    markets = {name: _market(scenario.markets.get(name, scenario.market)) for name in scenario.market_ids}
    lines = [_split(line) for line in scenario.lines]
    if not lines or lines[0][0] != 0:
        lines.insert(0, (0.0, []))
    if scenario.result is not None:
        lines.append((lines[-1][0] + CLOSES_AFTER_S, _closing(scenario, markets)))
    return [
        _message(scenario, markets, seconds, parts, is_first=number == 0)
        for number, (seconds, parts) in enumerate(lines)
    ]


def tape(scenario: Scenario) -> bytes:
    """Return the scenario's recording as a file has it."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in messages(scenario))


def _split(line: str) -> tuple[float, list[list[str]]]:
    time, _, rest = line.partition(" ")
    return float(time), [part.split() for part in rest.split(";")]


def _closing(scenario: Scenario, markets: Mapping[str, _Market]) -> list[list[str]]:
    """Return the last line: the markets are closed, and every runner has its result."""
    parts: list[list[str]] = []
    result = scenario.result or {}
    for name, market in markets.items():
        prefix = f"{name}:" if name else ""
        parts.append([f"{prefix}market", "status=CLOSED", f"settledTime={_iso(OFF_MS + 3_600_000)}"])
        parts += [
            [f"{prefix}{subject}", f"status={result.get(f'{prefix}{subject}', '?LOSER')}"]
            for subject in market.runners
        ]
    return parts


def _message(
    scenario: Scenario,
    markets: dict[str, _Market],
    seconds: float,
    parts: list[list[str]],
    *,
    is_first: bool,
) -> dict[str, Any]:
    changes = {name: _Changes(is_defined=True) for name in markets} if is_first else {}
    message: dict[str, Any] = {"op": "mcm", "clk": "1", "pt": at_ms(seconds)}
    for subject, *words in parts:
        if subject == "message":
            message |= dict(_pair(word) for word in words)
            continue
        name, _, of = subject.rpartition(":")
        if name not in markets:
            raise ValueError(f"{scenario.name}: there is no market {name!r} in {subject!r}")
        _apply(markets[name], changes.setdefault(name, _Changes()), of, words)
    ids = scenario.market_ids
    message["mc"] = [
        _market_change(ids[name], markets[name], change, is_first=is_first)
        for name, change in changes.items()
    ]
    return message


def _apply(market: _Market, changes: _Changes, of: str, words: list[str]) -> None:
    """Take over the words about one subject."""
    if of != "market" and of not in market.runners:
        raise ValueError(f"there is no runner {of!r}; there are {', '.join(market.runners)}")
    ladder = ""
    for word in words:
        if word in LADDERS:
            ladder = word
        elif word in FLAGS:
            changes.flags[word] = True
        elif "=" in word:
            changes.is_defined = True
            changes.has_version |= word.startswith("version=")
            _define(market, of, *_pair(word))
        else:
            price, _, size = word.partition(":")
            runner = changes.runners.setdefault(of, _runner_id(of))
            runner.setdefault(ladder, []).append([float(price), float(size)])


def _define(market: _Market, of: str, name: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    if of == "market":
        market.definition[name] = value
        return
    runner = market.runners[of]
    if value == "?LOSER":  # the result leaves alone who is out of the market
        if runner["status"] == "ACTIVE":
            runner["status"] = "LOSER"
        return
    runner[name] = value


def _market_change(market_id: str, market: _Market, changes: _Changes, *, is_first: bool) -> dict[str, Any]:
    change: dict[str, Any] = {"id": market_id, **changes.flags}
    if is_first:
        change["img"] = True
    elif changes.is_defined and not changes.has_version:
        market.definition["version"] += 1
    if changes.is_defined or changes.flags.get("img"):
        change["marketDefinition"] = market.change()
    if changes.runners:
        change["rc"] = [{**runner} for runner in changes.runners.values()]
    return change


def _market(given: Mapping[str, Any]) -> _Market:
    fields = dict(given)
    runners = fields.pop("runners", {"1": {}, "2": {}})
    usual = {
        "bspMarket": False, "turnInPlayEnabled": True, "persistenceEnabled": True, "marketBaseRate": 5.0,
        "eventId": EVENT_ID, "eventTypeId": "7", "numberOfWinners": 1, "bettingType": "ODDS",
        "marketType": "WIN", "marketTime": _iso(OFF_MS), "suspendTime": _iso(OFF_MS), "bspReconciled": False,
        "complete": True, "inPlay": False, "crossMatching": False, "runnersVoidable": False, "betDelay": 0,
        "status": "OPEN", "regulators": ["MR_INT"], "countryCode": "GB", "discountAllowed": True,
        "timezone": "Europe/London", "openDate": _iso(OFF_MS), "version": 1, "venue": "Nowhere Park",
        "priceLadderDefinition": {"type": "CLASSIC"},
    }  # fmt: skip
    return _Market(
        {**usual, **fields},
        {
            str(subject): {
                "status": "ACTIVE", "sortPriority": number, **_runner_id(str(subject)), **(more or {})
            }
            for number, (subject, more) in enumerate(runners.items(), start=1)
        },
    )  # fmt: skip


def _runner_id(subject: str) -> dict[str, Any]:
    selection, _, handicap = subject.partition("@")
    return {"id": int(selection), **({"hc": float(handicap)} if handicap else {})}


def _pair(word: str) -> tuple[str, Any]:
    name, _, text = word.partition("=")
    if text in {"NaN", "Infinity"}:  # the stream has them as strings
        return name, text
    try:
        return name, json.loads(text)
    except json.JSONDecodeError:
        return name, text


def _iso(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
