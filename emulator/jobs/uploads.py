"""Files of a job's output folders -> S3: trees, archives, and folders that are watched while the job runs.

Symbolic links are neither followed nor uploaded as files: they were made inside the container and would point
somewhere else here. Archives keep them as links.
"""

from __future__ import annotations

import gzip
import os
import tarfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from emulator.errors import ServiceError
from emulator.jobs.base import JobFailed
from emulator.jobs.job import Job
from emulator.jobs.sources import join_uri, split_uri

THREADS = 4
SYNC_SECONDS = 1.0
GZIP_LEVEL = 3  # twice as fast as 6 on model files and a few percent larger


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """(relative name, path) of the regular files below a folder, sorted; links are left out."""
    if folder.is_symlink():
        return
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix(), path


def put(job: Job, path: Path, uri: str) -> None:
    """Upload one file to an S3 URI; raises JobFailed with S3's message."""
    bucket, key = split_uri(uri)
    try:
        with open(path, "rb", opener=_no_link) as body:
            job.tools.call(job.key.scope, "s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": body})
    except ServiceError as error:
        raise JobFailed(f"ClientError: Data upload failed: {uri}: {error.message}") from error


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def put_tree(job: Job, folder: Path, uri: str) -> None:
    """Upload the files below a folder under ``uri`` as a prefix, several at a time."""
    put_files(job, [(path, join_uri(uri, name)) for name, path in files(folder)])


def put_files(job: Job, pairs: Sequence[tuple[Path, str]]) -> None:
    """Upload (path, URI) pairs; the first error is raised when all have been tried."""
    if len(pairs) < 2:
        for path, uri in pairs:
            put(job, path, uri)
        return
    with ThreadPoolExecutor(min(THREADS, len(pairs)), "upload") as pool:
        list(pool.map(lambda pair: put(job, *pair), pairs))


def archive(folders: Sequence[Path], target: Path) -> bool:
    """Write a tar.gz of the folders' contents (the first folder that has a name wins); False when all are empty.

    Streams: memory does not grow with the files. Owners are dropped, as they are of this machine.
    """
    names = {entry.name for folder in folders if real(folder) for entry in folder.iterdir()}
    if not names:
        return False
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=GZIP_LEVEL) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in sorted(names):
            for path, arcname in _merged([folder for folder in folders if real(folder)], name):
                tar.add(path, arcname, recursive=False, filter=_plain)
    return True


def real(folder: Path) -> bool:
    """Whether it is a folder, and not a link the container made to one of ours."""
    return folder.is_dir() and not folder.is_symlink()


def _merged(folders: Sequence[Path], name: str) -> Iterator[tuple[Path, str]]:
    """All paths at and below ``name`` over several folders, each relative name once, parents first."""
    seen: set[str] = set()
    for folder in folders:
        top = folder / name
        if not os.path.lexists(top):
            continue
        below = sorted(top.rglob("*")) if top.is_dir() and not top.is_symlink() else []
        for path in (top, *below):
            arcname = path.relative_to(folder).as_posix()
            if arcname not in seen:
                seen.add(arcname)
                yield path, arcname


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without owners; None for what no archive should hold (devices, FIFOs)."""
    if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def unpack(archive_path: Path, folder: Path) -> None:
    """Unpack a model.tar.gz, refusing members that leave the folder; raises JobFailed when it is no tar."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive_path, "r|*") as tar:
            tar.extraction_filter = lambda member, _: member  # ours: Python 3.11.0 to 3.11.3 have none
            for member in tar:
                tar.extract(_inside(member, folder), folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise JobFailed(
            f"ClientError: Failed to extract model data archive from {archive_path.name}: {error}"
        ) from error


def _inside(member: tarfile.TarInfo, folder: Path) -> tarfile.TarInfo:
    """The member as ours, with a mode that lets us read it. TarError for what is no file, or would leave the folder."""
    member.name = member.name.lstrip("/")
    if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        raise tarfile.TarError(f"{member.name!r} is a special file")
    places = [folder / member.name]
    if member.issym() or member.islnk():
        # A symbolic link is relative to where it lies, a hard link to the top of the archive.
        places.append((places[0].parent if member.issym() else folder) / member.linkname)
    top = os.path.realpath(folder)
    for place in places:  # Path.resolve would raise RuntimeError for links that go round in a circle
        if not Path(os.path.realpath(place)).is_relative_to(top):
            raise tarfile.TarError(f"{member.name!r} would be outside the destination")
    member.mode = (member.mode | (0o700 if member.isdir() else 0o600)) & 0o755
    member.uid, member.gid, member.uname, member.gname = os.geteuid(), os.getegid(), "", ""
    return member


class Watch:
    """Uploads what changes in folders while the job runs, and once more at the end (``with`` block).

    For outputs in mode Continuous and for checkpoints. Errors while watching are left to the last pass, which raises.
    """

    def __init__(self, job: Job, pairs: Iterable[tuple[Path, str]]) -> None:
        self._job = job
        self._pairs = list(pairs)
        self._seen: dict[Path, tuple[int, int]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-sync", daemon=True)

    def __enter__(self) -> Watch:
        if self._pairs:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._over.set()
        if self._pairs:
            self._thread.join()
        if kind is None:
            self._pass()

    def _run(self) -> None:
        while not self._over.wait(SYNC_SECONDS):
            try:
                self._pass()
            except (JobFailed, OSError):  # a file that went away, a bucket not made yet: the last pass tells
                continue

    def _pass(self) -> None:
        changed = []
        for folder, uri in self._pairs:
            for name, path in files(folder):
                facts = path.stat()
                mark = (facts.st_mtime_ns, facts.st_size)
                if self._seen.get(path) != mark:
                    changed.append((path, join_uri(uri, name), mark))
        put_files(self._job, [(path, uri) for path, uri, _ in changed])
        self._seen |= {path: mark for path, _, mark in changed}
