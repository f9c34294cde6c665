"""Whatever is done to a journal, the walk of its chain names the first entry that is not as it was."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from betflow.jobs.outcome import Outcome
from betflow.jobs.runs import Runs
from betflow.ledger.journal import Draft, Entry, Head, Journal
from betflow.ledger.runs import RunKind
from betflow.ledger.store import open_ledger
from betflow.ledger.verification import BadEntry, Defect, verify_chain
from betflow.settings import Settings
from tampering import Rows, copy_of, overwrite, rechained, rehashed, rows_of

TEXT_COLUMNS = ("run_id", "kind", "subject", "recorded_at", "body", "prev_hash", "hash")
LENGTH = 12
"""Three runs of four entries: started, two facts, finished."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
seqs = st.integers(1, LENGTH)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=70)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a journal of three runs and return its data folder."""
    data_dir = tmp_path_factory.mktemp("journal")
    numbers = itertools.count()
    runs = Runs(
        Settings(data_dir=data_dir),
        clock=itertools.count(1_771_407_000_000).__next__,
        ids=lambda _: f"run-{next(numbers)}",
    )
    for _ in range(LENGTH // 4):
        run = runs.start("test", {"path": "café"}, config_hash="0")
        run.context.record("fact.first", "1.234", {"price": 3.05}, event_time_ms=1)
        run.context.record("fact.second", "1.234", {"size": 2})
        run.finish(Outcome())
        run.close()
    return data_dir


@contextmanager
def tampered(original: Path, rows: Rows) -> Iterator[Path]:
    """Write rows over a copy of the journal, for a block."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = copy_of(original, Path(folder) / "data")
        overwrite(data_dir, rows)
        yield data_dir


def first_bad(original: Path, rows: Rows, *, anchors: Rows | None = None) -> BadEntry | None:
    """Return what the walk says after the rows were written over the journal."""
    with tampered(original, rows) as data_dir:
        ledger = open_ledger(data_dir)
        try:
            return verify_chain(ledger, anchors=[Head(row.seq, row.hash) for row in anchors or ()]).first_bad
        finally:
            ledger.close()


def changed(entry: Entry, column: str, text: str) -> Entry:
    """Give a text column of an entry another value."""
    values = entry._asdict()
    return Entry(**{**values, column: text if values[column] != text else f"{text}x"})


def seals(rows: Rows) -> Rows:
    """Return the entries that run records vouch for."""
    return [row for row in rows if row.kind == RunKind.FINISHED]


def found(bad: BadEntry | None) -> tuple[int, Defect] | None:
    """Return place and defect."""
    return (bad.seq, bad.defect) if bad else None


def test_untouched_journal_is_whole(original: Path) -> None:
    """Nothing is found where nothing was done."""
    rows = rows_of(original)

    assert len(rows) == LENGTH
    assert first_bad(original, rows, anchors=seals(rows)) is None


@given(seq=seqs, column=st.sampled_from(TEXT_COLUMNS), text=texts)
def test_changed_text(original: Path, seq: int, column: str, text: str) -> None:
    """A changed text column is found at its entry."""
    rows = rows_of(original)
    rows[seq - 1] = changed(rows[seq - 1], column, text)

    assert found(first_bad(original, rows)) == (seq, Defect.ALTERED)


@given(seq=seqs, time_ms=st.none() | st.integers(-(2**63), 2**63 - 1))
def test_changed_event_time(original: Path, seq: int, time_ms: int | None) -> None:
    """A changed, added or removed event time is found at its entry."""
    rows = rows_of(original)
    if rows[seq - 1].event_time_ms == time_ms:
        time_ms = 2 if time_ms is None else None
    rows[seq - 1] = rows[seq - 1]._replace(event_time_ms=time_ms)

    assert found(first_bad(original, rows)) == (seq, Defect.ALTERED)


@given(seq=seqs, other=st.integers(-5, 0) | st.integers(LENGTH + 1, LENGTH + 5))
def test_changed_seq(original: Path, seq: int, other: int) -> None:
    """An entry that was given another number is found at the earlier of its old place and its new one."""
    rows = rows_of(original)
    anchors = seals(rows)
    rows[seq - 1] = rows[seq - 1]._replace(seq=other)

    bad = first_bad(original, rows, anchors=anchors)

    assert bad is not None
    assert bad.seq == min(seq, other)


@given(seq=seqs, column=st.sampled_from(("subject", "body", "recorded_at", "prev_hash")), text=texts)
def test_replaced_with_its_own_hash(original: Path, seq: int, column: str, text: str) -> None:
    """An entry that was changed and given the right hash is found: its neighbours vouch for another."""
    rows = rows_of(original)
    anchors = seals(rows)
    rows[seq - 1] = rehashed(changed(rows[seq - 1], column, text))

    assert found(first_bad(original, rows, anchors=anchors)) == (seq, Defect.ALTERED)


@given(seq=seqs, source=seqs)
def test_replaced_with_a_copy(original: Path, seq: int, source: int) -> None:
    """An entry that was overwritten with another of the journal is found at its place."""
    rows = rows_of(original)
    assume(seq != source)
    rows[seq - 1] = rows[source - 1]._replace(seq=seq)

    bad = first_bad(original, rows)

    assert bad is not None
    assert bad.seq == seq


@given(seq=st.integers(1, LENGTH - 1), is_renumbered=st.booleans())
def test_deleted(original: Path, seq: int, *, is_renumbered: bool) -> None:
    """A deleted entry is found missing, whether the later ones were moved up or not."""
    rows = rows_of(original)
    del rows[seq - 1]
    if is_renumbered:
        rows = [row._replace(seq=place) for place, row in enumerate(rows, 1)]

    assert found(first_bad(original, rows)) == (seq, Defect.MISSING)


@given(length=st.integers(0, LENGTH - 1))
def test_truncated(original: Path, length: int) -> None:
    """A journal that was cut off is found short at the first entry that is gone, through the anchors."""
    rows = rows_of(original)

    assert found(first_bad(original, rows[:length], anchors=seals(rows))) == (length + 1, Defect.TRUNCATED)


@given(seq=seqs, is_chained=st.booleans(), body=texts)
def test_inserted(original: Path, seq: int, *, is_chained: bool, body: str) -> None:
    """An inserted entry is found at its place, whether it was chained to the one before it or not."""
    rows = rows_of(original)
    before = rows[seq - 2].hash if seq > 1 else "0" * 64
    forged = rows[seq - 1]._replace(body=body + "!", prev_hash=before)
    forged = rehashed(forged) if is_chained else forged
    moved = [row._replace(seq=row.seq + 1) for row in rows[seq - 1 :]]

    assert found(first_bad(original, [*rows[: seq - 1], forged, *moved])) == (seq, Defect.INSERTED)


def test_appended_by_nobody(original: Path) -> None:
    """An entry that was chained to the end without a run that was running is found there."""
    rows = rows_of(original)
    forged = rehashed(rows[-2]._replace(seq=LENGTH + 1, prev_hash=rows[-1].hash))

    assert found(first_bad(original, [*rows, forged])) == (LENGTH + 1, Defect.INSERTED)


@given(places=st.lists(seqs, min_size=2, max_size=2, unique=True).map(sorted))
def test_swapped(original: Path, places: list[int]) -> None:
    """Two entries that changed places are found at the first of the two."""
    first, second = places
    rows = rows_of(original)
    rows[first - 1], rows[second - 1] = (
        rows[second - 1]._replace(seq=first),
        rows[first - 1]._replace(seq=second),
    )

    assert found(first_bad(original, rows)) == (first, Defect.REORDERED)


@given(seq=seqs)
def test_written_anew(original: Path, seq: int) -> None:
    """A journal whose hashes were made anew from an entry on is found at the next anchored one."""
    rows = rows_of(original)
    anchors = seals(rows)
    rows[seq - 1] = rehashed(rows[seq - 1]._replace(subject="forged"))
    rows = rechained(rows, start=seq)

    next_anchor = next(row.seq for row in anchors if row.seq >= seq)

    assert found(first_bad(original, rows, anchors=anchors)) == (next_anchor, Defect.ALTERED)


@settings(max_examples=50)
@given(
    facts=st.lists(
        st.tuples(texts, st.dictionaries(texts, json_values, max_size=3), st.none() | st.integers(0, 2**62)),
        max_size=6,
    )
)
def test_any_facts_make_a_sound_chain(facts: list[tuple[str, dict[str, object], int | None]]) -> None:
    """Whatever is appended, the chain is whole and the entries come back as they were."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder))
        try:
            journal = Journal(ledger)
            journal.append(Draft("run", RunKind.STARTED, "test", {}), recorded_at="then")
            appended: list[Entry] = []
            for subject, body, time_ms in facts:
                draft = Draft("run", "fact", subject, body, time_ms)
                appended.append(journal.append(draft, recorded_at="then"))

            assert verify_chain(ledger).first_bad is None
            assert [*journal.entries()][1:] == appended
        finally:
            ledger.close()
