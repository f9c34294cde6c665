"""The console script. ``--version`` is answered before anything is imported, because scripts ask it often."""

import sys

from betflow import __version__


def main() -> None:
    """Run betflow with the arguments of the process."""
    if sys.argv[1:] == ["--version"]:
        print(f"betflow {__version__}")  # noqa: T201 - this is the answer
        return
    from betflow.cli.app import run  # noqa: PLC0415 - see the module's docstring

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
