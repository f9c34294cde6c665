"""
The ledger's file.

To give the ledger another table, a projection of the journal:

1. Write a step in `betflow.ledger.schema`, a function that creates a STRICT table and its indexes, and add it
   at the end of `STEPS`. Every ledger gets the table when it is opened next, in one transaction. A step that
   was released stays as it is; a change is another step.
2. Write a module as `betflow.ledger.runs` is: a frozen row, a pure ``project(row, entry)`` that alone says
   how an entry of the journal changes a row, and a table that applies an entry inside the transaction that
   appended it.
3. Let ``audit verify`` fold the journal with the same ``project`` and compare, so that nobody can alter the
   table unnoticed.

`Store.rows` reads, `Store.write` writes, `Store.transaction` holds several writes together; all three raise
betflow's errors.
"""

from functools import partial
from pathlib import Path

from betflow.ledger.schema import STEPS
from betflow.storage.sqlite import Store, StoreKind

FILE_NAME = "ledger.sqlite"

LEDGER = StoreKind(
    noun="ledger",
    name="betflow.ledger",
    steps=STEPS,
    refusal_advice="Free the disk or the permission, or choose another folder with --data-dir.",
    damage_advice=("Restore it from a backup, or move it away to begin a new one; tapes and records stay."),
)


class Ledger(Store):
    """One open connection to the ledger of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir / FILE_NAME, LEDGER)
        # Bytes that are no UTF-8 were not written by us; `audit verify` has to see them.
        self.connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")


def open_ledger(data_dir: Path) -> Ledger:
    """
    Open the ledger of a data folder, making folder, file and tables where they are missing.

    Raises:
        StorageError: the folder or the file cannot be made or written.
        DamagedError: the file is not a ledger any more.
        ConfigurationError: a newer betflow wrote it.
        BusyError: another process holds the write lock for longer than `BUSY_TIMEOUT_S`.
    """
    return Ledger(data_dir)
