"""
The archive's index, compared with the manifests that it is made from, tape by tape.

What `betflow tape ls` shows, and which tape is taken for a market, comes from the index alone. Only manifests
that are as the journal has them speak for it.
"""

import hashlib
from collections.abc import Iterator, Mapping

from betflow.errors import DamagedError, Finding
from betflow.jobs.runs import RunContext
from betflow.tape.archive import Archive
from betflow.tape.index import FILE_NAME, Index
from betflow.tape.index_writer import IndexWriter, rows_of_tape
from betflow.tape.manifest import parse_manifest

_REMEDY = f"Remove archive/{FILE_NAME}: it is made anew from the manifests beside the tapes."


def check_index(context: RunContext, tapes: Mapping[str, str]) -> Iterator[Finding]:
    """
    Compare the index with the manifests of the tapes that the journal knows.

    Args:
        context: The run.
        tapes: The tapes that were archived, by sha256, with the hash of the manifest.
    """
    archive = Archive(context.data_dir)
    if not (archive.root / FILE_NAME).is_file():
        return
    try:
        with Index(archive) as index:
            yield from _compared(archive, index, tapes)
    except DamagedError as error:
        yield _finding("damaged", "archive", str(error))


def _compared(archive: Archive, index: Index, tapes: Mapping[str, str]) -> Iterator[Finding]:
    index.store.check_integrity()
    for name in index.store.strange_objects():
        yield _finding("altered", name, f"the index has another {name} than betflow makes, or none.")
    rows = IndexWriter(index.store, archive)
    entered = rows.entered()
    for sha256, manifest_sha256 in tapes.items():
        try:
            content = archive.manifest_path(sha256).read_bytes()
            if hashlib.sha256(content).hexdigest() != manifest_sha256:
                continue  # the file itself is named
            expected = rows_of_tape(parse_manifest(content, sha256))
        except (OSError, DamagedError):
            continue  # likewise
        for table in rows.differences(sha256, expected) if sha256 in entered else ():
            what = f"what the index says in its table {table} about this tape is not what the manifest says."
            yield _finding("altered", _subject(archive, sha256), what)
    for sha256 in sorted(entered - tapes.keys()):
        # One that has a manifest is named as the file of nobody that it is.
        if not archive.manifest_path(sha256).exists():
            what = "the index has a tape that the journal does not know."
            yield _finding("unknown", _subject(archive, sha256), what)


def _subject(archive: Archive, sha256: str) -> str:
    return archive.tape_path(sha256).relative_to(archive.root.parent).as_posix()


def _finding(defect: str, subject: str, what: str) -> Finding:
    return Finding(f"audit.index-{defect}", subject, f"{what} {_REMEDY}", {"path": f"archive/{FILE_NAME}"})
