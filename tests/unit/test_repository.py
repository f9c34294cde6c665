"""The repository itself: what may be in it, what has to be in it, and that it holds together."""

import os
import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from betflow import __version__

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(path.name for path in (ROOT / "requirements").glob("*.txt"))

# Written so that the patterns do not find themselves. An example may be at home with "me"; the folder of
# secrets is where installations have it, not a place of the machine that this was written on.
MACHINE_PATH = re.compile(
    r"(?<![\w.$}~-])/(?:work|tmp|root|(?:home|Users)/(?!me\b)|opt(?!/betflow/secrets\b)|private/var)(?:/|(?<=/))[\w.-]"
)
REGISTRY_HOST = re.compile(r"py[p]i\.(?:org|python)|python[h]osted|crates\.[i]o|npm[j]s\.|/[s]imple/")
SECRET_FILES = (
    ".env",
    "*.pem",
    "*.key",
    "*.crt",
    "*.p12",
    "*.pfx",
    "id_rsa*",
    "id_ed25519*",
    ".netrc",
    ".pypirc",
)
SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE [K]EY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
)
LOCAL_LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)

# What git ignores, for a tree that came without git.
NOT_OURS = (".git", ".venv*", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", "build", "dist")
NOT_OURS_AT_THE_TOP = ("demo-data", "bench-results", "secrets", ".env")


def repository_files() -> list[Path]:
    """Return the files that are in the repository or would be added to it, from its root."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]
    return list(_files_without_git())


def _files_without_git() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        unwanted = NOT_OURS if here.parts else (*NOT_OURS, *NOT_OURS_AT_THE_TOP)
        folders[:] = [name for name in folders if not any(fnmatch(name, pattern) for pattern in unwanted)]
        yield from (here / name for name in names if not any(fnmatch(name, pattern) for pattern in unwanted))


FILES = repository_files()


def text_of(path: Path) -> str:
    """Return a file's text, with anything that is none replaced."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Return every place in the repository where a pattern is found."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path in FILES
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_path_of_a_machine_is_in_the_repository() -> None:
    """No file names a place on the machine that it was written on."""
    assert [] == lines_with(MACHINE_PATH)


def test_no_package_index_is_in_the_repository() -> None:
    """No file names a package index or a download address of one."""
    assert [] == lines_with(REGISTRY_HOST)


def test_no_secret_is_in_the_repository() -> None:
    """No file is named like a secret or holds one."""
    named = [str(path) for path in FILES if any(fnmatch(path.name, pattern) for pattern in SECRET_FILES)]

    assert [] == named + lines_with(SECRET)


def test_env_example_has_names_and_no_values() -> None:
    """The example of a .env file names variables and gives none a value."""
    lines = [line for line in text_of(Path(".env.example")).splitlines() if line and not line.startswith("#")]

    assert [] == [line for line in lines if not re.fullmatch(r"[A-Z][A-Z_]*=", line)]


def test_every_script_can_be_executed() -> None:
    """Whatever lies in scripts/ and .ci/ is a program: it says by what it is run, and it may be."""
    programs = [path for path in FILES if path.parts[0] in {"scripts", ".ci"}]

    broken = [
        str(path)
        for path in programs
        if not (os.access(ROOT / path, os.X_OK) and text_of(path).startswith("#!/usr/bin/env "))
    ]
    assert [] == broken
    assert programs


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_requirement_has_a_hash(lock: str) -> None:
    """A lock consists of exact versions with hashes, and of nothing else."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    requirements = [line for line in text.splitlines() if line and not line.startswith("#")]

    pinned = re.compile(r"[a-z0-9][a-z0-9-]*==[^\s;]+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+")
    assert [] == [line for line in requirements if not pinned.fullmatch(line)]
    assert requirements


def test_every_lock_is_in_step_with_pyproject() -> None:
    """The locks were made from what pyproject.toml says today."""
    done = subprocess.run([ROOT / "scripts" / "lock", "--check"], capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


def test_changelog_has_a_place_for_what_is_not_released_or_names_this_version() -> None:
    """The changelog speaks of this version, or of what comes next."""
    headings = re.findall(r"^## \[(.+?)\]", text_of(Path("CHANGELOG.md")), re.MULTILINE)

    assert {"Unreleased", __version__} & set(headings)


def test_links_between_documents_lead_somewhere() -> None:
    """Every link from a Markdown file to a file of the repository has its file."""
    documents = [path for path in FILES if path.suffix == ".md"]

    dead = [
        f"{path}: {target}"
        for path in documents
        for target in LOCAL_LINK.findall(CODE.sub("", text_of(path)))
        if not (ROOT / path.parent / target.partition("#")[0]).exists()
    ]
    assert [] == dead
    assert documents
