"""Markets are found, judged and kept; what was kept is judged the same again."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from betfair_on_loopback import Betfair, betfair
from betflow.errors import DamagedError, ExitCode, GatewayError, NotFoundError, UsageError
from betflow.exchange.times import iso
from betflow.jobs import audit
from betflow.jobs.discover import DiscoverRequest, discover
from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import Runs
from betflow.settings import load_settings
from certificates import NOW_MS
from exchange_service import service_error
from identity_service import APP_KEY
from market_service import Markets, catalogue, recorded_books

Look = Callable[..., Outcome]


@pytest.fixture
def markets() -> Markets:
    """Return the recorded markets."""
    books = recorded_books()
    return Markets([catalogue(each) for each in books], {each["marketId"]: each for each in books})


@pytest.fixture
def exchange(tmp_path: Path, markets: Markets) -> Iterator[Betfair]:
    """Run Betfair with them."""
    with betfair(tmp_path, results=markets.results, answers=markets.recording) as running:
        yield running


@pytest.fixture
def look(
    exchange: Betfair,
    data_dir: Path,
    clock: Callable[[], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Look:
    """Return what runs `discover` as a command does, each time in a run of its own."""
    monkeypatch.chdir(tmp_path)
    exchange.is_set(monkeypatch)
    ids = iter(f"run-{number}" for number in range(1, 99))

    def ran(**asked: str) -> Outcome:
        settings = load_settings(overrides={"data_dir": data_dir})
        runs = Runs(settings, clock=clock, ids=lambda _time_ms: next(ids))
        run = runs.start("discover", asked, config_hash="0")
        try:
            outcome = discover(DiscoverRequest(**asked), run.context)
            run.finish(outcome)
        finally:
            run.close()
        return outcome

    return ran


def small_book() -> dict[str, Any]:
    """Return a book of one runner: where there are hundreds of markets, it saves time."""
    book = recorded_books()[0]
    return {**book, "runners": book["runners"][:1]}


def _filter(exchange: Betfair) -> dict[str, Any]:
    found: dict[str, Any] = exchange.service.calls[0][1]["filter"]
    return found


def _kept(outcome: Outcome, data_dir: Path) -> list[bytes]:
    """Expand the answers that a run kept, in order."""
    files = sorted((data_dir / outcome.data["kept"]).glob("0*.json.zst"))
    return list(map(_expanded, files))


def _expanded(file: Path) -> bytes:
    return zstandard.ZstdDecompressor().decompress(file.read_bytes())


def test_each_market_has_one_verdict_with_all_its_reasons(look: Look, markets: Markets) -> None:
    """Recorded books, measured by hand: the field, what was matched, and the spread of the favourite."""
    outcome = look()

    verdicts = {each["market_id"]: each for each in outcome.data["markets"]}
    assert {each["marketId"] for each in markets.catalogues} == set(verdicts)
    reasons = {each["rule"]: each for each in verdicts["1.118298611"]["reasons"]}
    assert {"field_size": 6, "total_matched": 19967.7, "favourite_spread": 1} == {
        rule: reasons[rule]["measured"] for rule in ("field_size", "total_matched", "favourite_spread")
    }
    assert {"min": 5.0, "max": None} == reasons["field_size"]["limit"]
    assert (ExitCode.OK, 13) == (outcome.code, len(reasons))


def test_time_is_that_of_the_answer(look: Look) -> None:
    """Seconds to the off are counted from the moment when the book was received."""
    verdict = look().data["markets"][0]

    off = {each["rule"]: each["measured"] for each in verdict["reasons"]}["time_to_off"]
    assert NOW_MS < verdict["moment"] < NOW_MS + 1_000
    assert (NOW_MS + 600_000 - verdict["moment"]) / 1000 == off


def test_time_is_the_exchange_s_where_it_has_its_own(
    look: Look, exchange: Betfair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is looked for and how long it is to the off go by the date of its answers."""
    monkeypatch.setenv("BETFLOW_BETFAIR__API__EXCHANGE_CLOCK", "true")
    exchange.server.date = "Wed, 18 Feb 2026 09:35:00 GMT"

    outcome = look()

    assert "2026-02-18T09:35:00.000Z" == outcome.data["moment_iso"]
    asked = dict(exchange.service.calls)["listMarketCatalogue"]["filter"]
    assert outcome.data["looked_for"]["from"] == asked["marketStartTime"]["from"]
    assert {outcome.data["moment"]} == {each["moment"] for each in outcome.data["markets"]}


def test_prices_are_those_that_the_website_shows(look: Look, exchange: Betfair) -> None:
    """The best three of each side, with those of cross matching."""
    look()

    asked = dict(exchange.service.calls)["listMarketBook"]["priceProjection"]
    assert {"priceData": ["EX_BEST_OFFERS"], "virtualise": True} == asked


def test_delayed_prices_are_told(look: Look, markets: Markets) -> None:
    """One market of a delayed app key is enough."""
    assert not look().data["delayed"]
    markets.books["1.118298611"]["isMarketDataDelayed"] = True

    assert look().data["delayed"]


def test_search_is_the_profiles_unless_something_else_is_asked_for(look: Look, exchange: Betfair) -> None:
    """Names become numbers; all takes a restriction away; times are seen from the beginning of the run."""
    outcome = look()
    wanted = _filter(exchange)
    assert (["7"], ["GB", "IE"], ["WIN"]) == (
        wanted["eventTypeIds"],
        wanted["marketCountries"],
        wanted["marketTypeCodes"],
    )
    moment = outcome.data["moment"]
    assert {"from": iso(moment - 600_000), "to": iso(moment + 43_200_000)} == wanted["marketStartTime"]

    exchange.service.calls.clear()
    look(event_types="soccer,2", countries="all", market_types="match_odds", within="30m")
    wanted = _filter(exchange)
    assert (["1", "2"], None, ["MATCH_ODDS"]) == (
        wanted["eventTypeIds"],
        wanted.get("marketCountries"),
        wanted["marketTypeCodes"],
    )


def test_answers_are_kept_byte_for_byte(look: Look, markets: Markets, data_dir: Path) -> None:
    """Those of the catalogue and of the books, as they came, in files that only their owner may read."""
    outcome = look()

    assert markets.sent == _kept(outcome, data_dir)
    names = [Path(each.path).name for each in outcome.artifacts]
    assert {"sighting.json", "verdicts.json.zst"} < set(names)
    assert {0o600} == {Path(each.path).stat().st_mode & 0o777 for each in outcome.artifacts}


def test_neither_app_key_nor_session_is_kept(look: Look, markets: Markets, data_dir: Path) -> None:
    """An answer that repeats one is not written down; its markets are told as findings."""
    for entry in markets.catalogues:
        entry["marketName"] = f"Race of {APP_KEY}"
    outcome = look()

    assert {"discover.not-kept"} == {each.code for each in outcome.findings}
    written = b"".join(each.read_bytes() for each in data_dir.rglob("*") if each.is_file())
    assert APP_KEY.encode() not in written + b"".join(_kept(outcome, data_dir))


def test_replay_gives_the_same_bytes(look: Look, exchange: Betfair, data_dir: Path) -> None:
    """Without a call, and with the same hash."""
    first = look()
    calls = len(exchange.service.calls)
    again = look(replay="run-1")

    assert first.data["markets"] == again.data["markets"]
    assert first.data["verdicts_sha256"] == again.data["verdicts_sha256"]
    assert (True, calls, ExitCode.OK) == (
        again.data["replay"]["is_same"],
        len(exchange.service.calls),
        again.code,
    )
    written = _expanded(data_dir / first.data["kept"] / "verdicts.json.zst")
    assert again.data["verdicts_sha256"] == hashlib.sha256(written).hexdigest()
    assert json.loads(written) == again.data["markets"]


def test_replay_uses_the_limits_of_the_run_and_says_where_the_profile_has_others(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless those of the profile are asked for."""
    first = look()
    monkeypatch.setenv("BETFLOW_DISCOVERY__MARKET__FIELD_SIZE__MIN", "99")
    again = look(replay="run-1")

    assert first.data["markets"] == again.data["markets"]
    (differing,) = again.data["replay"]["limits_that_differ"]
    assert ("market.field_size", 5.0, 99.0) == (
        differing["rule"],
        differing["run"]["min"],
        differing["profile"]["min"],
    )

    otherwise = look(replay="run-1", limits="profile")
    assert (0, False, ()) == (
        otherwise.data["eligible"],
        otherwise.data["replay"]["is_same"],
        otherwise.findings,
    )


def test_refusals_on_the_way_are_kept_and_change_nothing(
    look: Look, exchange: Betfair, markets: Markets, data_dir: Path
) -> None:
    """A session that is over in the middle: the refusal is among the answers, and the verdicts are whole."""
    books = markets.results["listMarketBook"]
    exchange.answer("listMarketBook", service_error("INVALID_SESSION_INFORMATION"), books)
    outcome = look()

    assert 3 == len(_kept(outcome, data_dir))
    assert b"INVALID_SESSION_INFORMATION" in _kept(outcome, data_dir)[1]
    assert (5, ()) == (outcome.data["judged"], outcome.findings)
    assert look(replay="last").data["replay"]["is_same"]


def test_last_is_the_last_that_looked(look: Look) -> None:
    """Replays are none of those."""
    look()
    look(replay="last")

    assert "run-1" == look(replay="last").data["replay"]["run"]


def test_only_runs_that_looked_can_be_replayed(look: Look) -> None:
    """Nothing to replay yet, no such run, and a replay itself are told apart."""
    with pytest.raises(NotFoundError, match="no run has looked"):
        look(replay="last")
    look()
    with pytest.raises(NotFoundError, match="no run begins"):
        look(replay="nowhere")
    look(replay="last")
    with pytest.raises(NotFoundError, match="has kept no markets"):
        look(replay="run-4")


@pytest.mark.parametrize("name", ["0001-listMarketCatalogue.json.zst", "sighting.json", "verdicts.json.zst"])
def test_changed_files_are_not_believed(look: Look, data_dir: Path, name: str) -> None:
    """Whichever of them it is, the replay names it, and so does the audit."""
    file = data_dir / look().data["kept"] / name
    file.write_bytes(file.read_bytes() + b" ")

    with pytest.raises(DamagedError, match=f"{name} is not what the run kept"):
        look(replay="last")


def test_missing_files_are_told(look: Look, data_dir: Path) -> None:
    """A file that is gone is damage too."""
    (data_dir / look().data["kept"] / "sighting.json").unlink()

    with pytest.raises(DamagedError, match=r"sighting\.json cannot be read"):
        look(replay="last")


def test_audit_covers_what_is_kept(look: Look, data_dir: Path, clock: Callable[[], int]) -> None:
    """An answer that was exchanged is damage in the data folder."""
    outcome = look()
    settings = load_settings(overrides={"data_dir": data_dir})
    runs = Runs(settings, clock=clock, ids=lambda _time_ms: "audit")
    run = runs.start("audit verify", {}, config_hash="0")
    try:
        assert ExitCode.OK == audit.verify(run.context).code
        file = data_dir / outcome.data["kept"] / "0002-listMarketBook.json.zst"
        file.write_bytes(b"something else")

        verified = audit.verify(run.context)
        assert (ExitCode.DAMAGED, ["audit.file-changed"]) == (
            verified.code,
            [each.code for each in verified.findings],
        )
    finally:
        run.close()


def test_market_without_a_book_has_a_verdict_too(look: Look, markets: Markets) -> None:
    """It is not eligible, says so first, and is a finding."""
    gone, *_ = markets.books
    del markets.books[gone]
    outcome = look()

    verdict = next(each for each in outcome.data["markets"] if each["market_id"] == gone)
    assert (False, None, "Betfair has no book of it") == (
        verdict["eligible"],
        verdict["reasons"][0]["measured"],
        verdict["reasons"][0]["because"],
    )
    assert [("discover.no-book", gone)] == [(each.code, each.subject) for each in outcome.findings]
    assert ExitCode.FINDINGS == outcome.code


def test_nothing_found_is_an_answer(look: Look, exchange: Betfair, markets: Markets) -> None:
    """It says what was looked for, asks for no books, and can be replayed."""
    markets.catalogues = []
    outcome = look(event_types="tennis", within="1h")

    assert ([], 0, ["2"]) == (
        outcome.data["markets"],
        outcome.data["judged"],
        outcome.data["looked_for"]["event_types"],
    )
    assert (ExitCode.OK, ["listMarketCatalogue"]) == (outcome.code, exchange.service.names())
    assert look(replay="last").data["replay"]["is_same"]


def test_markets_and_books_are_asked_for_within_the_limits(
    look: Look, exchange: Betfair, markets: Markets
) -> None:
    """450 markets are three answers of the catalogue, and books of forty at a time; each market once."""
    book = small_book()
    ids = [f"1.{number}" for number in range(1000, 1450)]
    markets.catalogues = [
        catalogue({**book, "marketId": each}, marketStartTime=iso(NOW_MS + 1_000 * place))
        for place, each in enumerate(ids, start=1)
    ]
    markets.books = {each: {**book, "marketId": each} for each in ids}
    outcome = look()

    assert ids == [each["market_id"] for each in outcome.data["markets"]]
    names = exchange.service.names()
    assert (3, 12) == (names.count("listMarketCatalogue"), names.count("listMarketBook"))
    asked = [each[1]["marketIds"] for each in exchange.service.calls if each[0] == "listMarketBook"]
    assert 40 == max(map(len, asked))


def test_more_markets_at_one_time_than_an_answer_has_are_told(look: Look, markets: Markets) -> None:
    """Of 201 that begin together 200 are judged, and a finding says that there are more."""
    book = small_book()
    markets.catalogues = [catalogue({**book, "marketId": f"1.{number}"}) for number in range(1000, 1201)]
    markets.books = {each["marketId"]: {**book, "marketId": each["marketId"]} for each in markets.catalogues}
    outcome = look()

    assert (200, ["discover.more-markets"]) == (
        outcome.data["judged"],
        [each.code for each in outcome.findings],
    )


def test_what_came_before_a_failure_stays(look: Look, exchange: Betfair, data_dir: Path) -> None:
    """The catalogue is on the disk although the books were refused."""
    exchange.service.results["listMarketBook"] = [service_error("ACCESS_DENIED")]
    with pytest.raises(GatewayError):
        look()

    kept = list(data_dir.glob("discoveries/*/*/*/run-1/*.zst"))
    assert ["0001-listMarketCatalogue.json.zst", "0002-listMarketBook.json.zst"] == sorted(
        each.name for each in kept
    )


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"event_types": "quidditch"}, "no event type"),
        ({"within": "soon"}, "duration"),
        ({"within": "-1h"}, "more than 0s up to 366d"),
        ({"replay": "last", "countries": "GB"}, "no others can be asked for"),
        ({"limits": "run"}, "for a replay"),
        ({"replay": "last", "limits": "mine"}, "nobody's"),
    ],
)
def test_wrong_requests_are_refused(look: Look, asked: dict[str, str], complaint: str) -> None:
    """Before anything is asked of Betfair."""
    with pytest.raises(UsageError, match=complaint):
        look(**asked)
