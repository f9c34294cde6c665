"""``betflow historic`` lists, sizes and downloads what was bought, and the archive takes it."""

import bz2
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import CommandLine
from historic_service import HistoricService
from identity_service import APP_KEY, PASSWORD
from loopback import Answer, loopback
from make_tape import made_up_lines

OF_MARCH = ("--event-type", "horse-racing", "--plan", "basic", "--from", "2017-03-01", "--to", "2017-03-31")
TOP = "/data/xds/historic/BASIC"


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow over a data folder of its own."""
    return CommandLine(data_dir, capsys)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HistoricService]:
    """Run a service with two files, and let the environment lead there."""
    files = {}
    for number in (1, 2):
        content = b"".join(made_up_lines(messages=20, seed=number))
        files[f"{TOP}/28139610/1.{number}.bz2"] = bz2.compress(content)
    service = HistoricService(files)
    with loopback(tmp_path, service) as server:
        monkeypatch.setenv("BETFAIR_APP_KEY", APP_KEY)
        monkeypatch.setenv("BETFAIR_USERNAME", "me")
        monkeypatch.setenv("BETFAIR_PASSWORD", PASSWORD)
        monkeypatch.setenv("BETFAIR_IDENTITY_URL", f"{server.url}/identity")
        monkeypatch.setenv("BETFAIR_HISTORIC_URL", f"{server.url}/api")
        monkeypatch.setenv("BETFAIR_CA_FILE", str(server.authority_file))
        monkeypatch.setenv("BETFLOW_BETFAIR__API__RETRY_BACKOFF", "0.001")
        yield service


def test_what_was_bought_is_listed_by_month(betflow: CommandLine, service: HistoricService) -> None:
    """Each sport and plan has its months, in order."""
    ran = betflow.json("historic", "ls")

    expected = {"sport": "Horse Racing", "plan": "Basic Plan", "months": ["2017-03", "2017-04"]}
    assert (0, [expected]) == (ran.code, ran.data["purchases"])
    assert "Basic Plan" in betflow("historic", "ls").out
    assert 1 == service.identity.calls.count("login")


def test_options_say_what_there_is_and_how_much(betflow: CommandLine, service: HistoricService) -> None:
    """The filter goes out by the service's names; what comes back is sorted by number."""
    ran = betflow.json("historic", "options", *OF_MARCH, "--country", "gb", "--file-type", "m")

    assert (2, 0.5) == (ran.data["files"], ran.data["megabytes"])
    assert [{"name": "GB", "files": 2}] == ran.data["countries"]
    asked = service.asked[0].json
    assert ("Horse Racing", "Basic Plan", ["GB"], ["M"]) == (
        asked["sport"],
        asked["plan"],
        asked["countriesCollection"],
        asked["fileTypeCollection"],
    )
    assert "0.5 MB" in betflow("historic", "options", *OF_MARCH).out


def test_what_was_downloaded_goes_into_the_archive(
    betflow: CommandLine, service: HistoricService, tmp_path: Path
) -> None:
    """Files are recorded with their hashes, and the archive takes them; the second time none is fetched."""
    first = betflow.json("historic", "download", *OF_MARCH, "--output", tmp_path / "out")
    again = betflow.json("historic", "download", *OF_MARCH, "--output", tmp_path / "out")

    assert (0, 2, 0) == (first.code, first.data["downloaded"], first.data["already_there"])
    assert (0, 0, 2) == (again.code, again.data["downloaded"], again.data["already_there"])
    assert 2 == len(first.envelope["artifacts"])
    assert 2 == sum("DownloadFile" in each.path for each in service.asked)
    assert 2 == betflow.json("backfill", tmp_path / "out").data["imported"]
    assert 0 == betflow("audit", "verify").code


def test_a_file_that_does_not_come_is_a_finding(
    betflow: CommandLine, service: HistoricService, tmp_path: Path
) -> None:
    """The others come all the same."""
    name = f"{TOP}/28139610/1.1.bz2"
    service.instead[name] = Answer(status=404)

    ran = betflow.json("historic", "download", *OF_MARCH, "--output", tmp_path / "out")

    assert (1, ["historic.not-downloaded"]) == (ran.code, ran.codes)
    assert (1, 1) == (ran.data["downloaded"], ran.data["failed"])
    assert name == ran.envelope["findings"][0]["subject"]


def test_a_service_that_is_down_ends_the_download(
    betflow: CommandLine, service: HistoricService, tmp_path: Path
) -> None:
    """After five files on end without an answer the rest is not tried."""
    names = [f"{TOP}/28139610/1.{number}.bz2" for number in range(10, 40)]
    service.files = dict.fromkeys(names, b"")
    service.instead = dict.fromkeys(names, Answer(status=500))

    ran = betflow.json("historic", "download", *OF_MARCH, "--output", tmp_path / "out")

    tried = {each.path for each in service.asked if "DownloadFile" in each.path}
    assert (5, True) == (ran.code, len(tried) <= 8)


def test_nothing_that_fits_is_a_finding(
    betflow: CommandLine, service: HistoricService, tmp_path: Path
) -> None:
    """An empty list, which is also what data that was not bought looks like, says so."""
    service.files = {}

    ran = betflow.json("historic", "download", *OF_MARCH, "--output", tmp_path / "out")

    assert (1, ["historic.nothing"]) == (ran.code, ran.codes)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--plan", "gold"), "no plan"),
        (("--from", "March"), "no day"),
        (("--from", "2017-04-01"), "is before"),
        (("--file-type", "X"), "no type of files"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(
    betflow: CommandLine, service: HistoricService, words: tuple[str, str], says: str
) -> None:
    """Nothing is asked for a plan, a day or a type of files that is none."""
    ran = betflow("historic", "options", *OF_MARCH, *words)

    assert (2, True) == (ran.code, says in ran.err)
    assert [] == service.asked


def test_a_download_into_the_records_is_refused(
    betflow: CommandLine, service: HistoricService, data_dir: Path
) -> None:
    """Files of others have no place among betflow's records."""
    ran = betflow("historic", "download", *OF_MARCH, "--output", data_dir / "archive")

    assert (2, []) == (ran.code, service.asked)
