"""The program: choose measurements, run them, print each result as it comes, write the JSON."""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import material
from bench.measurements import HEAVY, MEASUREMENTS, Bench
from bench.processes import ChildFailedError
from bench.results import Measurement, heading, row, write_json
from betflow.exchange.book import FOLD_IS_COMPILED

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench-results"
PEERS = ("betfair_data", "betfairlightweight", "sqlite-utils")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure betflow next to its peers, on the same files in the same run.",
    )
    parser.add_argument(
        "measurements", nargs="*", metavar="NAME", help=f"{', '.join(MEASUREMENTS)} (default: all)"
    )
    parser.add_argument("--quick", action="store_true", help=f"without {' and '.join(HEAVY)}")
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="how long each reader reads a round (default: 1)"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="where to write all numbers (bench-results/…)"
    )
    options = parser.parse_args()
    unknown = sorted(set(options.measurements) - set(MEASUREMENTS))
    if unknown:
        parser.error(f"there is no measurement {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}")
    return options


def _chosen(options: argparse.Namespace) -> list[str]:
    names = options.measurements or [name for name in MEASUREMENTS if not (options.quick and name in HEAVY)]
    return [str(name) for name in names]


def _about() -> dict[str, Any]:
    return {
        "taken": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
        },
        "versions": {name: version(name) for name in ("betflow", *PEERS)},
        "fold": "compiled" if FOLD_IS_COMPILED else "python",
    }


def _measure(names: Sequence[str], *, seconds: float) -> Iterator[Measurement]:
    RESULTS.mkdir(exist_ok=True)
    # Beside the repository's files and not in the system's folder for them, which may be memory.
    with tempfile.TemporaryDirectory(dir=RESULTS, prefix="work-") as work:
        bench = Bench(material.find_tapes(Path(work)), Path(work), seconds, say=_say)
        for name in names:
            yield from MEASUREMENTS[name](bench)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def main() -> None:
    """
    Run the bench; what was measured stands on the terminal and in the file whatever happens to the rest.

    Exits with 1 when a figure is not what is wanted, with 3 when it cannot be run, with 130 when interrupted.
    """
    options = _options()
    about = _about()
    path = options.json or RESULTS / f"{about['taken'].replace(':', '')}.json"
    print(f"betflow's books are folded by {'compiled code' if FOLD_IS_COMPILED else 'Python alone'}")
    print(heading(), flush=True)
    measured: list[Measurement] = []
    try:
        for line in _measure(_chosen(options), seconds=options.seconds):
            print(row(line), flush=True)
            measured.append(line)
            write_json(path, measured, about=about)
    except (FileNotFoundError, ChildFailedError) as error:
        _say(f"scripts/bench: {error}")
        sys.exit(3)
    except KeyboardInterrupt:
        _say("scripts/bench: interrupted")
        sys.exit(130)
    finally:
        if measured:
            _say(f"written: {path}")
    sys.exit(0 if all(line.is_met for line in measured) else 1)


if __name__ == "__main__":
    main()
