"""The console script. ``--version`` is answered before anything is imported, because scripts ask it often."""

import sys

from betflow.cli.version import is_only_question, print_version


def main() -> None:
    """Run betflow with the arguments of the process."""
    if is_only_question(sys.argv[1:]):
        print_version(sys.argv[1:])
        return
    from betflow.cli.app import run  # noqa: PLC0415 - see the module's docstring

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
