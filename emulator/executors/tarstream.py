"""Folders as tar streams, in both directions, in constant memory: for Docker daemons that do not share our files.

``pack`` yields chunks while it reads; ``unpack`` reads while it writes. What comes out of a container is not trusted:
no member may leave its folder, devices and sockets are left out, everything becomes ours and readable by us.
"""

from __future__ import annotations

import io
import os
import shutil
import stat
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

CHUNK = 1024 * 1024


class Readable(io.RawIOBase):
    """A file object over an iterator of chunks, as ``tarfile`` wants one for ``r|``."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks = iter(chunks)
        self.rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if not self.rest:
            self.rest = next(self.chunks, b"")
        if size < 0:
            size = len(self.rest)
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken


def pack(folders: Iterable[tuple[Path, str]]) -> Iterator[bytes]:
    """One tar of several folders, each under its absolute target; missing parents of a target are made by the
    receiver. Hard links go as files: they are links into our store, not part of the job's data."""
    for source, target in folders:
        for path, name in _walk(source, target.strip("/")):
            yield from _member(path, name)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _walk(source: Path, target: str) -> Iterator[tuple[str, str]]:
    yield str(source), target
    if source.is_dir():
        for folder, below, files in os.walk(source):
            inside = os.path.normpath(os.path.join(target, os.path.relpath(folder, source)))
            for name in below + files:
                yield os.path.join(folder, name), f"{inside}/{name}"


def _member(path: str, name: str) -> Iterator[bytes]:
    """Header, content, padding. Written by hand: ``TarFile.addfile`` would need the whole file in one step."""
    status = os.lstat(path)
    info = tarfile.TarInfo(name)
    info.mode, info.mtime = stat.S_IMODE(status.st_mode), status.st_mtime
    if stat.S_ISLNK(status.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, os.readlink(path)
    elif stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
    elif not stat.S_ISREG(status.st_mode):
        return
    if info.type != tarfile.REGTYPE:
        yield _header(info)
        return
    with open(path, "rb") as stream:
        info.size = left = os.fstat(stream.fileno()).st_size
        yield _header(info)
        while left:
            data = stream.read(min(CHUNK, left)) or bytes(min(CHUNK, left))  # cut short meanwhile: keep the tar in step
            left -= len(data)
            yield data
        yield bytes(-info.size % tarfile.BLOCKSIZE)


def _header(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def unpack(chunks: Iterable[bytes], folder: Path) -> None:
    """Replace what is in ``folder`` by what the daemon's tar holds; its first component is the folder's own name."""
    empty(folder)
    with tarfile.open(fileobj=Readable(chunks), mode="r|") as tar:
        tar.extraction_filter = lambda member, _: member  # checked here, alike in every Python
        for member in tar:
            if _tame(member, folder):
                tar.extract(member, folder)
            tar.members.clear()  # type: ignore[attr-defined]  # or it remembers a million files


def _tame(member: tarfile.TarInfo, folder: Path) -> bool:
    """Make a member relative to ``folder``, ours and readable; false for what must not or need not be extracted."""
    name = member.name.lstrip("/").partition("/")[2]
    if not name or not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        return False
    member.name = name
    if member.islnk():
        member.linkname = member.linkname.lstrip("/").partition("/")[2]
    member.mode |= 0o700 if member.isdir() else 0o600
    member.uid, member.gid = os.geteuid(), os.getegid()
    member.uname = member.gname = ""
    names = [name, member.linkname] if member.islnk() else [name]
    return all((folder / n).parent.resolve().is_relative_to(folder.resolve()) for n in names)


def empty(folder: Path) -> None:
    """Remove all that is in a folder, and keep the folder."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
