"""betfair_parser, whose types refuse what they do not know, can read what it asks the sandbox for."""

from pathlib import Path

from foreign_clients import open_sandbox, played

TWO_RACES = ("--races", "2", "--greyhounds", "0", "--football", "0", "--tennis", "0", "--first-off", "15m")


def test_it_reads_a_book_with_matches_and_streams_a_sport_by_its_number(tmp_path: Path) -> None:
    """It sends ids as numbers, wants match ids of digits, and names the account's currency with each book."""
    with open_sandbox(tmp_path, *TWO_RACES) as sandbox:
        seen = played("parser_tour.py", sandbox, "conformance")

    assert "SUCCESS" == seen["placed"]
    assert seen["matches"]
    assert all(each.isdigit() for each in seen["matches"])
    assert seen["market"] in seen["streamed"]
