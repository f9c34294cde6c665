"""nautilus_trader's Betfair adapter, whose decoders refuse what they do not know, works at the sandbox."""

from pathlib import Path

from foreign_clients import open_sandbox, played

ONE_RACE = ("--races", "1", "--greyhounds", "0", "--football", "0", "--tennis", "0", "--first-off", "15m")


def test_a_node_follows_a_market_and_places_and_cancels_an_order(tmp_path: Path) -> None:
    """It loads all runners, gets the book, and its order is accepted and cancelled."""
    with open_sandbox(tmp_path, *ONE_RACE) as sandbox:
        race = sandbox.betflow("discover", "--event-type", "7")["markets"][0]
        seen = played("nautilus_node.py", sandbox, "conformance", market_id=race["market_id"])

    # It has the removed runners as well, which discover leaves out.
    assert seen["instruments"] >= len(race["runners"]) > 1
    assert seen["updates"] >= 1
    assert ("accepted", "cancelled") == (seen["events"][0], seen["events"][-1])
