"""Folders of this machine as read-only buckets (``--bucket-dir``), so that what reads public buckets runs offline.

A folder is taken in at every start: a file that is new or changed since (size and time) is copied among the other
bodies, one that is gone is forgotten. So jobs, ranges and versions of such a bucket are those of any other, and the
folder itself is never touched. Writing is refused by ``handlers/s3/checks.py``.
"""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from emulator.arns import Scope
from emulator.objects import Objects
from emulator.store import Entry, Exists, Store, Walk

log = logging.getLogger(__name__)

MARK = "_Source"


def take_in(objects: Objects, store: Store, scope: Scope, name: str, folder: Path) -> None:
    """Make the bucket ``name`` what is in ``folder``; keys are paths below it. Objects of others are left alone."""
    with suppress(Exists):
        store.buckets.insert(scope, name)
    found = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    for key, path in found.items():
        present = store.objects.get(name, key)
        mark = f"{path.stat().st_size}:{path.stat().st_mtime_ns}"
        if present is not None and present.meta.get(MARK) == mark:
            continue
        kind = mimetypes.guess_type(key)[0] or "binary/octet-stream"
        try:
            objects.put_file(name, key, path, ContentType=kind, ServerSideEncryption="AES256", **{MARK: mark})
        except OSError as error:
            log.warning("%s is not in bucket %s: %s", path, name, error)
    with objects.change() as change, store.transaction():
        for entry in _entries(store, name):
            if MARK in entry.meta and entry.key not in found:
                change.drop(store.objects.delete(name, entry.key, "")[1])


def _files(folder: Path, around: tuple[Path, ...] = ()) -> Iterator[Path]:
    """All files below, also behind links; ``around`` are the real folders it is in, to which links may lead back."""
    real = folder.resolve()
    if real in around:
        return
    try:
        for path in sorted(folder.iterdir()):
            if path.is_dir():
                yield from _files(path, (*around, real))
            elif path.is_file():
                yield path
    except OSError as error:
        log.warning("what is in %s is in no bucket: %s", folder, error)


def _entries(store: Store, name: str) -> Iterator[Entry]:
    ask = Walk(name)
    while True:
        page = store.objects.live(ask)
        yield from page.rows
        if not page.truncated:
            return
        ask = replace(ask, after=page.last)
