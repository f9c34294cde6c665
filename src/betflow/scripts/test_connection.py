"""``python -m betflow.scripts.test_connection`` is ``betflow test-connection``."""

import sys

from betflow.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["test-connection", *sys.argv[1:]]))
