"""A journal to verify, and the least that anybody who verifies it has to do."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from betflow.ledger.journal import COLUMNS, Draft, Journal
from betflow.ledger.store import Ledger, open_ledger
from betflow.ledger.verification import verify_chain

_AT = "2026-01-01T00:00:00.000Z"


@contextmanager
def filled(data_dir: Path, entries: int) -> Iterator[Ledger]:
    """Give a ledger whose journal has one run with so many entries, each as small as that of a bet."""
    with closing(open_ledger(data_dir)) as ledger:
        journal = Journal(ledger)
        with ledger.transaction():
            journal.append(Draft("run", "run.started", "audit", {}), recorded_at=_AT)
            for number in range(1, entries):
                body = {
                    "ref": f"r{number}",
                    "side": "BACK",
                    "price": 3.5,
                    "size": 10.0,
                    "status": "EXECUTABLE",
                }
                journal.append(Draft("run", "bet.placed", f"1.{number}", body), recorded_at=_AT)
        yield ledger


def verify(ledger: Ledger) -> None:
    """Walk the chain as ``audit verify`` does."""
    if verify_chain(ledger).first_bad is not None:
        raise AssertionError("the journal that was just written is not whole")


def read_and_hash(ledger: Ledger) -> None:
    """Read, encode and hash each row, and judge nothing."""
    encode = msgspec.json.Encoder().encode
    for row in ledger.connection.execute(f"SELECT {COLUMNS} FROM journal ORDER BY seq"):  # noqa: S608 - a constant
        hashlib.sha256(encode(row[:-1])).hexdigest()


def rate(walk: Callable[[Ledger], None], ledger: Ledger, entries: int) -> float:
    """Return the entries that a walk takes in a second of processor time."""
    began = time.process_time()
    walk(ledger)
    return entries / (time.process_time() - began)
