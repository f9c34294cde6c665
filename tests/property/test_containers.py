"""Whatever lines a tape has and whatever it is wrapped in, the same bytes come out."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import zstandard
from hypothesis import given
from hypothesis import strategies as st

from betflow.tape import Tape, tapes
from betflow.tape.containers import members
from betflow.tape.parts import tar_parts
from recordings import recorded_lines

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}

# No content that is a container itself, and none whose first bytes are a byte order mark.
texts = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=40), max_size=20
).map(lambda lines: ("{" + "\n".join(lines)).encode())
compressions = st.sampled_from(sorted(COMPRESSIONS))
zips = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)


def tar_of(contents: list[bytes]) -> bytes:
    """Return a tar of files that are named by their number."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number, content in enumerate(contents):
            entry = tarfile.TarInfo(str(number))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def unwrapped(content: bytes) -> list[bytes]:
    """Return what the members of a file with this content hold."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        return [b"".join(member.chunks) for member in members(path)]


@given(texts, compressions)
def test_compressed_file(text: bytes, compression: str) -> None:
    """A compressed file is expanded to what was compressed."""
    assert [text] == unwrapped(COMPRESSIONS[compression](text))


@given(st.lists(texts, min_size=1, max_size=4), compressions, compressions)
def test_tar_of_compressed_files(contents: list[bytes], inner: str, outer: str) -> None:
    """A tar, itself compressed or not, gives its members in order, each expanded."""
    archive = tar_of([COMPRESSIONS[inner](content) for content in contents])

    assert contents == unwrapped(COMPRESSIONS[outer](archive))


@given(st.lists(texts, min_size=1, max_size=4), compressions)
def test_parts_of_a_tar(contents: list[bytes], inner: str) -> None:
    """The parts of a tar, each read on its own, are its members."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(tar_of([COMPRESSIONS[inner](content) for content in contents]))
        alone = [b"".join(member.chunks) for part in tar_parts(path) for member in members(path, part=part)]

    assert contents == alone


@given(st.lists(texts, min_size=1, max_size=4), compressions, zips)
def test_zip_of_compressed_files(contents: list[bytes], inner: str, kind: int) -> None:
    """A zip gives its members in order, whatever its compression, each expanded."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for number, content in enumerate(contents):
            archive.writestr(str(number), COMPRESSIONS[inner](content))

    assert contents == unwrapped(buffer.getvalue())


@given(st.data(), compressions)
def test_cut_off_anywhere(data: st.DataObject, compression: str) -> None:
    """However a compressed tape is cut off, what is read of it is its beginning, and the loss is said."""
    lines = recorded_lines(prices=300)
    whole = COMPRESSIONS[compression](b"".join(line + b"\n" for line in lines))
    cut = data.draw(st.integers(0, len(whole) - 1), label="cut")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tape"
        path.write_bytes(whole[:cut])
        read, findings = [], []
        for tape in tapes(path):
            read += [tape.line for _ in tape.messages()]
            findings += tape.findings

    assert lines[: len(read)] == read
    assert findings or b"\n".join(read) in {b"\n".join(lines), whole[:cut].removesuffix(b"\n")}


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=20))
def test_every_line_is_accounted_for(noise: list[bytes]) -> None:
    """Whatever stands between the messages, each line is a message, another, blank or damaged."""
    lines = [each for pair in zip(recorded_lines(prices=18), noise, strict=False) for each in pair]
    content = b"{}\n" + b"".join(line + b"\n" for line in lines)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tape"
        path.write_bytes(content)
        tape = Tape(path)
        messages = sum(1 for _ in tape.messages())

    account = tape.account
    assert (content.count(b"\n"), messages, len(content)) == (account.lines, account.messages, account.bytes)
    assert account.lines == account.messages + account.other + account.blank + account.damaged
    assert messages == len(noise)


@given(names)
def test_names_in_archives_are_only_labels(name: str) -> None:
    """Whatever a member is called, its content is read and its name shown, and nothing else happens."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"{"))

    assert [b"{"] == unwrapped(buffer.getvalue())
