"""Parts of multipart uploads, put where they will be needed, so that completing an upload copies nothing.

All parts of an upload but the last usually have one size, so part N belongs at (N - 1) times that size of the body:
each is written there, into one shared file, and completing renames and copies nothing, it only commits a row.
(Joining 128 files of a 1 GB upload costs a second copy of the disk traffic; a list of part files would make every
reader, and every job input, deal with pieces.) Whatever does not fit the picture gets a file of its own: a part that
is larger than the first one that came, a part sent again (the old one must survive a torn second try), a part of
unknown length. An upload with such parts, gaps or left-out parts is joined inside the kernel (``copy_file_range``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from emulator.arns import now
from emulator.aws.http import Readable
from emulator.errors import ServiceError
from emulator.objects.blobs import Blob, Blobs, Change, append, in_pieces, pour, reserve
from emulator.objects.hashing import Hasher
from emulator.store import Part, Store, Upload

LARGE = 1 << 20  # a part from which on it pays to reserve its blocks
MAX_SPAN = 4 << 40  # ext4 takes files up to 16 TB; slots beyond this go to files of their own

Verify = Callable[[Blob], None]


class Parts:
    """Writes parts and makes bodies of them. Claims are in memory: after a crash nothing is being written."""

    def __init__(self, blobs: Blobs, store: Store) -> None:
        self._blobs = blobs
        self._store = store
        self._lock = threading.Lock()
        self._claimed: dict[str, set[int]] = {}
        self._closing: set[str] = set()

    def write(
        self,
        upload: Upload,
        number: int,
        stream: Readable,
        size: int | None,
        algorithms: Sequence[str],
        verify: Verify,
    ) -> Part:
        """Store a part of ``size`` bytes (None: not announced); ``verify`` may refuse it. The part as it is kept."""
        with self._slot(upload, number, size) as slot, self._blobs.change() as change:
            if slot is None:
                blob = change.write(in_pieces(stream), algorithms)
            else:
                blob = self._fill(upload, slot, size or 0, stream, algorithms)
            verify(blob)
            part = Part(number, blob.name, slot or 0, blob.size, blob.md5, now(), blob.checksums(algorithms))
            self._commit(change, upload, part)
        return part

    @contextmanager
    def joined(self, upload: Upload, parts: Sequence[Part], change: Change) -> Iterator[str]:
        """The blob that holds these parts one after the other; commit the object inside. ``NoSuchUpload`` when the
        upload is completed or aborted meanwhile, which takes its files away."""
        with self._lock:
            busy = bool(self._claimed.get(upload.id)) or upload.id in self._closing
            self._closing.add(upload.id)
        try:
            try:
                blob = upload.blob if not busy and self._in_place(upload, parts) else self._join(parts, change)
            except FileNotFoundError:
                raise no_such_upload() from None
            yield blob
            if blob == upload.blob:
                with suppress(FileNotFoundError):  # the object may be replaced already
                    self._blobs.path(blob).chmod(0o444)
        finally:
            with self._lock:
                self._closing.discard(upload.id)

    def _commit(self, change: Change, upload: Upload, part: Part) -> None:
        with self._store.transaction():
            if self._store.uploads.get(upload.bucket, upload.key, upload.id) is None:
                raise no_such_upload()
            change.drop(self._store.uploads.put_part(upload.id, part))

    @contextmanager
    def _slot(self, upload: Upload, number: int, size: int | None) -> Iterator[int | None]:
        """The offset for this part in the shared file, held for it meanwhile; None: it needs a file of its own."""
        offset = self._claim(upload, number, size) if size else None
        stored = False
        try:
            yield offset
            stored = True
        finally:
            if offset is not None:
                with self._lock:
                    self._claimed[upload.id].discard(number)
                    if not self._claimed[upload.id]:
                        del self._claimed[upload.id]
                        if not stored:
                            self._shrink(upload)

    def _shrink(self, upload: Upload) -> None:
        """Give back what a failed part took: on a full disk not even the abort of the upload could be noted.

        Only while the lock is held and nothing is claimed, so that nobody writes behind the parts that are there.
        """
        parts = self._store.uploads.parts(upload.id)
        end = max((part.offset + part.size for part in parts if part.blob == upload.blob), default=0)
        with suppress(FileNotFoundError):
            if self._blobs.path(upload.blob).stat().st_size > end:
                os.truncate(self._blobs.path(upload.blob), end)

    def _claim(self, upload: Upload, number: int, size: int) -> int | None:
        stride = upload.stride or self._store.uploads.settle_stride(upload.id, size)
        offset = (number - 1) * stride
        if size > stride or offset + size > MAX_SPAN:
            return None
        with self._lock:
            claimed = self._claimed.get(upload.id, set())
            taken = number in claimed or upload.id in self._closing or self._store.uploads.part(upload.id, number)
            if taken:
                return None
            self._claimed.setdefault(upload.id, set()).add(number)
        return offset

    def _fill(self, upload: Upload, offset: int, size: int, stream: Readable, algorithms: Sequence[str]) -> Blob:
        hasher = Hasher(algorithms)
        try:
            with open(self._blobs.path(upload.blob), "r+b", buffering=0) as file:
                if size >= LARGE:
                    reserve(file.fileno(), offset, size)
                pour(in_pieces(stream), file.fileno(), offset, hasher, size)
        except FileNotFoundError:
            raise no_such_upload() from None
        return Blob(upload.blob, hasher.size, hasher.digests())

    def _in_place(self, upload: Upload, parts: Sequence[Part]) -> bool:
        end = 0
        for part in parts:
            if part.blob != upload.blob or part.offset != end:
                return False
            end += part.size
        return self._blobs.path(upload.blob).stat().st_size == end

    def _join(self, parts: Sequence[Part], change: Change) -> str:
        name = change.create()
        path = self._blobs.path(name)
        with open(path, "wb", buffering=0) as target:
            for part in parts:
                with open(self._blobs.path(part.blob), "rb", buffering=0) as source:
                    append(source.fileno(), part.offset, part.size, target.fileno())
        path.chmod(0o444)
        return name


def no_such_upload() -> ServiceError:
    """S3's 404 for an upload that is unknown, completed or aborted."""
    return ServiceError(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or"
        " completed.",
        404,
    )
