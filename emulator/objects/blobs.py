"""S3 bodies, and how they come and go so that a kill between any two system calls leaves old or new.

A body of at most :data:`SMALL` bytes that came in one piece lies in its object's row, with which it comes and goes: a
file would double the time of a 1 KB PUT. Any other is a file, a blob: ``bodies/ab/abcd…`` with a random name that
nobody knows until a committed row of the store names it. So it is written straight into its place, and the commit of
that row is the moment it exists. What a crash can leave is a file without a row: a new one whose row was not
committed, or an old one whose row went away. Every such name is written first into a note of ``pending/``, which is
emptied last; at the next start only the noted names are looked at, however many millions of bodies there are. Notes
are files kept open, one for each change that goes on at once: a name costs one small write.

**Fsync policy: none.** The kernel has every byte before the answer goes out, so ``kill -9`` of the server loses nothing
that was acknowledged. A power cut can lose the last seconds of bodies (and rows: ``synchronous=NORMAL``). For a local
emulator that is the right trade: an fsync per PUT costs milliseconds on real disks.

The 256 folders of ``bodies`` are made when they are needed, each in a corner of the disk of its own where the file
system is ext4 (:func:`_spread`): it looks at all inodes freed there in the last minutes before it gives out one, which
after some thousand overwritten objects took 0.4 ms, most of the time of a 1 KB PUT.

Bodies never change once they are named, and are read-only files (0444): jobs get hard links of them as inputs.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from emulator.aws.http import Readable
from emulator.errors import ServiceError
from emulator.objects.hashing import Hasher, text

PIECE = 1 << 19  # of 1 MB a GB costs 0.1 s of CPU more (they leave the cache between hashing and writing)
SMALL = 4 << 10
NAME_LENGTH = 32
FICLONE = 0x40049409  # linux/fs.h; not in the standard library
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
FS_TOPDIR_FL = 0x00020000
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
NO_LINK = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}


@dataclass(frozen=True, slots=True)
class Blob:
    """A body: the name of its file, its size in bytes, and raw digests by algorithm (``MD5`` always). A small one has
    no file, and is here itself."""

    name: str
    size: int
    digests: dict[str, bytes]
    body: bytes | None = None

    @property
    def md5(self) -> str:
        """The MD5 in hexadecimal: the ETag of an object that was put in one piece."""
        return self.digests["MD5"].hex()

    def checksums(self, algorithms: Iterable[str]) -> dict[str, str]:
        """The named digests in the API's form."""
        return {name: text(self.digests[name]) for name in algorithms}


class Blobs:
    """The folder of bodies."""

    def __init__(self, folder: Path) -> None:
        self._bodies = str(folder / "bodies")
        self._pending = folder / "pending"
        self._notes: list[int] = []
        self._pending.mkdir(parents=True, exist_ok=True)
        os.makedirs(self._bodies, exist_ok=True)
        _spread(self._bodies)
        self._folders = set(os.listdir(self._bodies))

    def file(self, name: str) -> str:
        """Where a blob lies, as text: a ``Path`` costs more than the file's opening."""
        return f"{self._bodies}/{name[:2]}/{name}"

    def place(self, name: str) -> None:
        """Make the folder a blob is going to lie in."""
        if name[:2] not in self._folders:
            os.makedirs(f"{self._bodies}/{name[:2]}", exist_ok=True)
            self._folders.add(name[:2])

    def path(self, name: str) -> Path:
        """Where a blob lies."""
        return Path(self.file(name))

    @contextmanager
    def change(self) -> Iterator[Change]:
        """A change of rows and files: leave normally after the commit, by exception if there was none."""
        change = Change(self, self._note())
        try:
            yield change
        except BaseException as error:
            change.undo()
            if isinstance(error, OSError) and error.errno in NO_SPACE:
                raise disk_full() from error
            raise
        change.finish()

    def _note(self) -> int:
        """A note nobody else writes on: the descriptor of an empty file."""
        try:
            return self._notes.pop()
        except IndexError:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            return os.open(self._pending / secrets.token_hex(8), flags, 0o600)

    def settle(self, note: int, written: bool) -> None:
        """The names on a note, if it was ``written`` on, are in doubt no more."""
        if written:
            os.ftruncate(note, 0)
        self._notes.append(note)

    def pending(self) -> list[str]:
        """Names a crash left in doubt."""
        lines = (line for note in self._pending.iterdir() for line in note.read_text().split("\n"))
        return [line for line in lines if len(line) == NAME_LENGTH]

    def settled(self) -> None:
        """All doubts of a crash have been ended."""
        for note in self._pending.iterdir():
            note.unlink()

    def close(self) -> None:
        """Let go of the notes; what is still changing opens its own again."""
        while self._notes:
            os.close(self._notes.pop())


class Change:
    """Files made and dropped together with one commit; see :meth:`Blobs.change`."""

    def __init__(self, blobs: Blobs, note: int) -> None:
        self._blobs = blobs
        self._file = note
        self._written = False
        self._made: list[str] = []
        self._dropped: list[str] = []

    def new(self) -> str:
        """A name for a blob to be made."""
        name = secrets.token_hex(NAME_LENGTH // 2)
        self._blobs.place(name)
        self._note((name,))
        self._made.append(name)
        return name

    def create(self) -> str:
        """A new, empty blob that is going to be written in places (see ``parts.py``)."""
        name = self.new()
        os.close(os.open(self._blobs.file(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
        return name

    def write(self, pieces: Iterable[bytes], algorithms: Iterable[str] = ()) -> Blob:
        """A body as a new file, hashed as it passes; memory stays flat whatever its size."""
        name = self.new()
        hasher = Hasher(algorithms)
        with open(self._blobs.file(name), "xb", buffering=0, opener=_read_only) as file:
            pour(pieces, file.fileno(), 0, hasher)
        return Blob(name, hasher.size, hasher.digests())

    def take(self, stream: Readable, algorithms: Iterable[str] = ()) -> Blob:
        """A body, in a file only if it is not small."""
        pieces, begun = in_pieces(stream), b""
        for piece in pieces:
            begun += piece
            if len(begun) > SMALL:
                return self.write(chain((begun,), pieces), algorithms)
        hasher = Hasher(algorithms)
        hasher.update(begun)
        return Blob("", hasher.size, hasher.digests(), begun)

    def copy(self, source: str, file: BinaryIO) -> str:
        """The same body under a new name: a clone or a hard link, copied only where the file system has neither.

        ``file`` is the source, open: if it was unlinked meanwhile its bytes are still there to copy.
        """
        name = self.new()
        try:
            duplicate(self._blobs.path(source), self._blobs.path(name))
        except FileNotFoundError:
            file.seek(0)
            with open(self._blobs.path(name), "xb", opener=_read_only) as target:
                shutil.copyfileobj(file, target, PIECE)
        return name

    def drop(self, names: Iterable[str]) -> None:
        """Blobs whose rows go away with this change. Call it before the commit."""
        gone = [*names]
        self._note(gone)
        self._dropped += gone

    def finish(self) -> None:
        """After the commit: the dropped files go."""
        self._unlink(self._dropped)

    def undo(self) -> None:
        """Without commit: the made files go."""
        self._unlink(self._made)

    def _unlink(self, names: list[str]) -> None:
        for name in names:
            with suppress(FileNotFoundError):
                os.unlink(self._blobs.file(name))
        self._blobs.settle(self._file, self._written)

    def _note(self, names: Sequence[str]) -> None:
        lines = "".join(f"{name}\n" for name in names).encode()
        if not lines:
            return
        self._written = True
        if os.write(self._file, lines) < len(lines):
            raise OSError(errno.ENOSPC, "a note of what changes could not be written whole")


def in_pieces(stream: Readable) -> Iterator[bytes]:
    """A stream as pieces of at most :data:`PIECE` bytes."""
    return iter(lambda: stream.read(PIECE), b"")


def pour(pieces: Iterable[bytes], target: int, offset: int, hasher: Hasher, limit: int | None = None) -> None:
    """Write a body to a file descriptor at an offset, hashing it. ``InvalidRequest`` past ``limit`` bytes."""
    for piece in pieces:
        hasher.update(piece)
        if limit is not None and hasher.size > limit:
            raise ServiceError("InvalidRequest", "The body is longer than its announced length.")
        view = memoryview(piece)
        while view:
            written = os.pwrite(target, view, offset)
            offset += written
            view = view[written:]


def reserve(target: int, offset: int, size: int) -> None:
    """Have the blocks of a range given out at once: writing into them costs a third less than having them found one by
    one. ``OSError`` if the disk is full; a file system that cannot do it does without."""
    try:
        os.posix_fallocate(target, offset, size)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise


def duplicate(source: Path, target: Path) -> None:
    """Make ``target`` the same file: cloned (its own file, shared extents), else hard-linked, else copied."""
    if _clone(source, target):
        return
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        shutil.copyfile(source, target)
        target.chmod(0o444)


def write_once(body: bytes, target: Path) -> None:
    """Make ``target`` a file nobody is to change."""
    with open(target, "xb", opener=_read_only) as file:
        file.write(body)


def append(source: int, offset: int, size: int, target: int) -> None:
    """Append a range of one file to another inside the kernel; through memory in pieces where it cannot."""
    while size:
        try:
            done = os.copy_file_range(source, target, size, offset_src=offset)
        except OSError as error:
            if error.errno not in {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}:
                raise
            done = os.write(target, os.pread(source, min(size, PIECE), offset))
        if not done:
            raise OSError(errno.EIO, "a part's file is shorter than its row says")
        offset += done
        size -= done


def disk_full() -> ServiceError:
    """The answer when the disk is full: a 4xx, because SDKs would retry a 5xx for minutes."""
    return ServiceError("InsufficientStorage", "The disk that holds the emulator's data is full; nothing was stored.")


def _clone(source: Path, target: Path) -> bool:
    """A reflink (btrfs, xfs …). False, and nothing left, where the file system cannot."""
    with open(source, "rb") as file, open(target, "xb", opener=_read_only) as new, suppress(OSError):
        fcntl.ioctl(new.fileno(), FICLONE, file.fileno())
        return True
    target.unlink()
    return False


def _spread(folder: str) -> None:
    """Ask ext4 to put the folders made in this one into block groups of their own, as it does with a root's. Other file
    systems do not know the flag, and need it less."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            flags = struct.unpack("i", fcntl.ioctl(handle, FS_IOC_GETFLAGS, struct.pack("i", 0)))[0]
            fcntl.ioctl(handle, FS_IOC_SETFLAGS, struct.pack("i", flags | FS_TOPDIR_FL))
    finally:
        os.close(handle)


def _read_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o444)
