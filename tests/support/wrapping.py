"""Small tapes for tests, and everything that tapes come wrapped in."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import threading
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import zstandard

from betflow.errors import Finding
from betflow.tape import DEFAULT_LIMITS, Account, Limits, tapes
from betflow.wire.stream import MarketChangeMessage, decode_market_change

BLOCK = tarfile.BLOCKSIZE


def line(number: int) -> bytes:
    """Return a message that has not its like, with its line end."""
    return b'{"op":"mcm","pt":%d,"clk":"%d","mc":[{"id":"1.%d"}]}\n' % (number, number * 7919, number % 3)


LINES = [line(number) for number in range(1, 9)]
CONTENT = b"".join(LINES)


def messages(content: bytes) -> list[MarketChangeMessage]:
    """Decode content that is nothing but messages."""
    return [decode_market_change(each) for each in content.splitlines()]


def _gz(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _zst(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


Compress: TypeAlias = Callable[[bytes], bytes]

COMPRESSIONS: dict[str, Compress] = {
    "gz": _gz,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": _zst,
}

ZIP_METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


def entry(name: str, content: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """Return one member of a tar: header, content, padding."""
    header = tarfile.TarInfo(name)
    header.size, header.type, header.linkname = len(content), kind, link
    return header.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % BLOCK)


def tar(members: dict[str, bytes]) -> bytes:
    """Return a tar without the padding that tar programs put behind its end."""
    return b"".join(entry(name, content) for name, content in members.items()) + bytes(2 * BLOCK)


def old_tar(members: dict[str, bytes]) -> bytes:
    """Return a tar in the format of Unix version 7, which has no magic and nothing behind the link's name."""
    return b"".join(_old(entry(*member)) for member in members.items()) + bytes(2 * BLOCK)


def _old(member: bytes) -> bytes:
    head = member[:148] + b" " * 8 + member[156:257]
    return head[:148] + b"%06o\0 " % sum(head) + head[156:] + bytes(BLOCK - 257) + member[BLOCK:]


def skippable(content: bytes, kind: int = 0) -> bytes:
    """Return a frame that zstd passes over; there are 16 kinds."""
    return struct.pack("<LL", 0x184D2A50 + kind, len(content)) + content


def pzstd(content: bytes) -> bytes:
    """Compress as pzstd does: the size of each frame in a skippable one before it."""
    frame = _zst(content)
    return skippable(struct.pack("<L", len(frame))) + frame


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip; the same bytes whenever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return buffer.getvalue()


def _named(parts: Sequence[bytes]) -> dict[str, bytes]:
    return {f"part-{number}": part for number, part in enumerate(parts)}


Wrap: TypeAlias = Callable[[Sequence[bytes]], bytes]
"""Makes a file of parts; each ends with a whole line."""


def wrappings() -> dict[str, Wrap]:
    """
    Return everything that makes a file of parts, by what it is called.

    Of a single stream the parts are the content one after the other, elsewhere they are streams or members
    of their own.
    """
    result: dict[str, Wrap] = {"plain": b"".join, "tar": _tar_of(bytes), "zip of bz2": _zip_of_bz2}
    result["pzstd"] = _around(pzstd, b"".join)
    result["tar of version 7"] = lambda parts: old_tar(_named(parts))
    result["tar.gz of version 7"] = _around(_gz, result["tar of version 7"])
    for kind, compress in COMPRESSIONS.items():
        result[kind] = _around(compress, b"".join)
        result[f"many {kind}"] = _many(compress)
        result[f"tar of {kind}"] = _tar_of(compress)
        result[f"tar.{kind}"] = _around(compress, _tar_of(bytes))
    for kind, method in ZIP_METHODS.items():
        result[f"zip, {kind}"] = _zip(method)
    return result


def _around(compress: Compress, wrap: Wrap) -> Wrap:
    return lambda parts: compress(wrap(parts))


def _many(compress: Compress) -> Wrap:
    return lambda parts: b"".join(map(compress, parts))


def _tar_of(compress: Compress) -> Wrap:
    return lambda parts: tar(_named([compress(part) for part in parts]))


def _zip(method: int) -> Wrap:
    return lambda parts: zipped(_named(parts), method)


def _zip_of_bz2(parts: Sequence[bytes]) -> bytes:
    return zipped(_named([bz2.compress(part) for part in parts]))


@dataclass
class Reading:
    """What came out of a file, over all tapes in it."""

    messages: list[MarketChangeMessage]
    findings: list[Finding]
    account: Account

    @property
    def codes(self) -> list[str]:
        """The codes of the findings."""
        return [finding.code for finding in self.findings]


def reading(path: Path, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Read every tape in a file; each account has to add up."""
    result = Reading([], [], Account())
    for tape in tapes(path, limits=limits):
        result.messages += tape.messages()
        result.findings += tape.findings
        account = tape.account
        assert account.lines == account.messages + account.other + account.blank + account.damaged
        result.account += account
    assert result.account.messages == len(result.messages)
    return result


def readahead_threads() -> list[threading.Thread]:
    """Return the threads of this process that read ahead."""
    return [thread for thread in threading.enumerate() if thread.name == "betflow-readahead"]


def open_files(folder: Path) -> list[Path]:
    """Return the files in the folder that this process has open; none where the system does not say."""
    descriptors = Path("/proc/self/fd")
    links = descriptors.iterdir() if descriptors.is_dir() else ()
    return [link.resolve() for link in links if link.resolve().is_relative_to(folder.resolve())]
