"""``betflow tape auction`` shows how starting prices came about."""

from pathlib import Path

import pytest

from command_line import CommandLine
from tapes import tape


@pytest.fixture
def betflow(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return betflow over an empty data folder."""
    return CommandLine(data_dir, capsys)


def test_a_recorded_auction(betflow: CommandLine) -> None:
    """40364043 of 1.185781277: 300.31 of backs at 10 prices, 8 of them whole, at 12.9357 on average."""
    runners = betflow.json("tape", "auction", str(tape("1.185781277"))).data["runners"]
    (found,) = [runner for runner in runners if runner["selection_id"] == 40364043]

    assert ("BACK", 300.31, 10, 8) == (found["side"], found["volume"], len(found["levels"]), found["whole"])
    assert (12.9357, 12.9356) == (round(found["average"], 4), round(found["bsp"], 4))
    assert 12.94 == round(found["derived"], 2)


def test_its_table(betflow: CommandLine) -> None:
    """The table names the runner, what was taken, and how far it went."""
    shown = betflow("tape", "auction", str(tape("1.127236622"))).out

    assert "2. Hauraki" in shown
    assert "167.77 of 367.62" in shown


def test_a_market_without_a_starting_price(betflow: CommandLine) -> None:
    """A market that has no starting price says so, and is no failure."""
    ran = betflow("tape", "auction", str(tape("1.200806927")))

    assert 0 == ran.code
    assert "This recording has no starting prices." in ran.out
