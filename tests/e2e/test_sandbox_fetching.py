"""What is fetched from the sandbox as a whole: historic data, the menu, starting prices."""

import bz2
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from betflow.sandbox.library import FolderLibrary
from recordings import recording
from sandboxes import Client, Running, running

NAME = "/data/xds/historic/PRO/2026/Jul/4/{event}/{market}.bz2"
FILTER: dict[str, Any] = {
    "sport": "Horse Racing",
    "plan": "Pro Plan",
    "fromDay": 1,
    "fromMonth": 7,
    "fromYear": 2026,
    "toDay": 31,
    "toMonth": 7,
    "toYear": 2026,
    "eventId": None,
    "eventName": None,
    "marketTypesCollection": [],
    "countriesCollection": [],
    "fileTypeCollection": ["M"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of two markets, and with what is none."""
    folder = tmp_path_factory.mktemp("historic")
    for number, (kind, country) in enumerate([("WIN", "GB"), ("PLACE", "IE")], start=1):
        path = folder / f"PRO/2026/Jul/{3 + number}/3000000{number}/1.10000000{number}.bz2"
        path.parent.mkdir(parents=True)
        content = recording(
            f"1.10000000{number}", marketType=kind, countryCode=country, eventName="Ascot 4th Jul"
        )
        path.write_bytes(bz2.compress(content))
    for name in (
        "PRO/2026/Jul/4/30000001/1.9.bz2",
        "PRO/2026/July/4/30000001/1.8.bz2",
        "x/2026/Jul/4/3/1.7.bz2",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"no bz2")
    return folder


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Running]:
    """A sandbox whose account has bought these files."""
    with running(tmp_path_factory.mktemp("sandbox"), library=FolderLibrary(folder)) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(sandbox: Running) -> Client:
    """Somebody who has logged in."""
    return sandbox.logged_in()


def ask(client: Client, name: str, **changes: object) -> Any:  # noqa: ANN401 - JSON
    """Call the historic data service with a filter."""
    answer = client.post(f"/api/{name}", json.dumps({**FILTER, **changes}), ssoid=client.token)
    return answer.json()


def download(client: Client, name: str, **headers: str) -> requests.Response:
    """Fetch a file."""
    return client.session.get(
        f"{client.running.base}/api/DownloadFile",
        params={"filePath": name},
        headers={"ssoid": client.token, **headers},
        timeout=5,
    )


def test_what_was_bought_is_listed_by_month(client: Client) -> None:
    """By GET as in the documentation, and by POST as clients do it."""
    expected = [
        {"sport": "Horse Racing", "plan": "Pro Plan", "forDate": "2026-07-01T00:00:00", "purchaseItemId": 1}
    ]
    assert expected == client.get("/api/GetMyData", ssoid=client.token).json()
    assert expected == client.post("/api/GetMyData", "{}", ssoid=client.token).json()


def test_a_filter_takes_files_by_days_types_and_countries(client: Client) -> None:
    """Both days included; empty lists take everything, and what was not bought is simply not there."""
    first, second = (
        NAME.format(event=30000001, market="1.100000001"),
        NAME.format(event=30000002, market="1.100000002"),
    )
    second = second.replace("/4/", "/5/")
    assert [first, second] == ask(client, "DownloadListOfFiles")
    assert [second] == ask(client, "DownloadListOfFiles", fromDay=5)
    assert [first] == ask(client, "DownloadListOfFiles", toDay="4")
    assert [first] == ask(client, "DownloadListOfFiles", marketTypesCollection=["WIN"])
    assert [second] == ask(client, "DownloadListOfFiles", countriesCollection=["IE"])
    assert [first] == ask(client, "DownloadListOfFiles", eventId=30000001)
    assert [] == ask(client, "DownloadListOfFiles", eventName="Bath")
    assert [] == ask(client, "DownloadListOfFiles", fileTypeCollection=["E"])
    assert [] == ask(client, "DownloadListOfFiles", plan="Basic Plan")
    assert [] == ask(client, "DownloadListOfFiles", sport="Tennis")


def test_options_and_sizes_are_those_of_the_files(client: Client) -> None:
    """With the number of each."""
    expected = {
        "marketTypesCollection": [{"name": "PLACE", "count": 1}, {"name": "WIN", "count": 1}],
        "countriesCollection": [{"name": "GB", "count": 1}, {"name": "IE", "count": 1}],
        "fileTypeCollection": [{"name": "M", "count": 2}],
    }
    assert expected == ask(client, "GetCollectionOptions")
    assert {"totalSizeMB": 1, "fileCount": 2} == ask(client, "GetAdvBasketDataSize")


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("", 200, slice(None)),
        ("bytes=0-", 206, slice(None)),
        ("bytes=10-19", 206, slice(10, 20)),
        ("bytes=100-99999999", 206, slice(100, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=99999999-", 416, slice(0, 0)),
        ("bytes=x-", 200, slice(None)),
    ],
)
def test_a_file_is_fetched_as_a_whole_or_in_parts(
    client: Client, folder: Path, asked: str, status: int, part: slice
) -> None:
    """So that a download can go on where it stopped."""
    content = (folder / "PRO/2026/Jul/4/30000001/1.100000001.bz2").read_bytes()
    name = NAME.format(event=30000001, market="1.100000001")
    answer = download(client, name, **({"Range": asked} if asked else {}))
    assert (status, content[part]) == (answer.status_code, answer.content)
    if status == 416:
        assert f"bytes */{len(content)}" == answer.headers["Content-Range"]


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "/data/xds/historic/PRO/../../x", "/data/xds/historic/NONE/x"]
)
def test_there_are_no_other_files(client: Client, name: str) -> None:
    """Wherever a name leads."""
    assert 404 == download(client, name).status_code


def test_without_a_session_or_a_plan_there_is_a_page(client: Client) -> None:
    """With status 200, as the service has it."""
    page = client.session.get(f"{client.running.base}/api/GetMyData", headers={"ssoid": "none"}, timeout=5)
    assert (200, "text/html") == (page.status_code, page.headers["Content-Type"])
    body = json.dumps({**FILTER, "plan": "Golden Plan"})
    page = client.post("/api/DownloadListOfFiles", body, ssoid=client.token)
    assert (200, "text/html") == (page.status_code, page.headers["Content-Type"])
    assert 400 == client.post("/api/DownloadListOfFiles", "[]", ssoid=client.token).status_code


def test_the_menu_needs_a_session_and_can_go_wrong(sandbox: Running, client: Client) -> None:
    """As everything can."""
    path = "/exchange/betting/rest/v1/en/navigation/menu.json"
    assert {"type": "GROUP", "name": "ROOT", "id": 0, "children": []} == client.get(path).json()
    assert "ANGX-0005" == sandbox.client().get(path).json()["faultstring"]
    sandbox.goes_wrong(subject="navigation", kind="error", code="SERVICE_BUSY")
    refused = client.get(path)
    assert (500, "ANGX-0009") == (refused.status_code, refused.json()["faultstring"])
    sandbox.goes_wrong(subject="navigation", kind="status-503")
    assert 503 == client.get(path).status_code


def test_starting_prices_of_days_without_any_are_not_there(client: Client) -> None:
    """And neither is anything else."""
    for name in ("dwbfpricesukwin04072026.csv", "other.csv"):
        assert 404 == client.get(f"/betfairsp/prices/{name}").status_code
