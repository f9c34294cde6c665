"""The program: play every scenario through every tool, write the page or compare it."""

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from conformance.judgement import OURS, TOOLS, judge_all
from conformance.page import is_complete, page, summary_lines
from scenarios import load

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "conformance.md"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/conformance",
        description="Play the conformance scenarios through betflow, flumine and nautilus_trader.",
    )
    parser.add_argument(
        "--check", action="store_true", help="say whether the page is in step, change nothing"
    )
    return parser.parse_args()


def main() -> int:
    """Write or check the page; return 1 if it is not in step or betflow is wrong, 3 if a tool is missing."""
    options = _options()
    try:
        versions = {tool: version(tool) for tool in TOOLS if tool != OURS}
    except PackageNotFoundError as error:
        print(f"scripts/conformance: {error.name} is not installed for this Python; take 3.11 to 3.13")
        return 3
    families = load()
    # A process for each tool: they change things that others rely on, such as the clock.
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as processes:
        waiting = {tool: processes.submit(judge_all, tool, families) for tool in TOOLS}
        judgements = {tool: each.result() for tool, each in waiting.items()}
    made = page(families, judgements, versions)
    if options.check:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != made:
            print(f"{PAGE.relative_to(ROOT)} is not in step with the scenarios; run scripts/conformance")
            return 1
        return 0
    PAGE.write_text(made, encoding="utf-8")
    print(*summary_lines(judgements), f"written: {PAGE.relative_to(ROOT)}", sep="\n")
    return 0 if is_complete(judgements) else 1


if __name__ == "__main__":
    sys.exit(main())
