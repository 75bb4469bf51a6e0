"""Bodies and rows together: crash safety, links, replaced bodies, pages that cost the page."""

from __future__ import annotations

import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emulator.arns import Scope
from emulator.errors import ServiceError
from emulator.objects import Objects
from emulator.objects.blobs import PIECE, SMALL
from emulator.objects.hashing import ALGORITHMS, Hasher, combine
from emulator.store import Entry, Store, Walk
from emulator.store.listing import successor

MANY, FEW = 5000, 100  # a body of the one is a file, of the other lies in its row
WRITER = """
import io, os, sys
from pathlib import Path
from emulator.arns import Scope
from emulator.objects import Objects
from emulator.store import Store, Entry

folder, seed = Path(sys.argv[1]), int(sys.argv[2])
store = Store(folder / "state.db"); objects = Objects(folder / "objects", store)
number = seed * 100000

def tell(*words):  # in one write, so that a kill leaves whole lines
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

while True:
    number += 1
    key, body = f"k{number % 7}", (b"%d " % number) * (100 if number % 3 else 5000)
    if number % 5 == 4:
        with objects.change() as change, store.transaction():
            change.drop(store.objects.delete("b", key, "")[1])
        tell("gone", key, 0)
    elif number % 5 == 3:
        upload = objects.begin("b", key, {})
        part = objects.parts.write(upload, 1, io.BytesIO(body), len(body), (), lambda blob: None)
        objects.complete(upload, [part], Entry(key, "b", size=len(body)), lambda present: None)
        tell("put", key, number)
    else:
        objects.put("b", key, io.BytesIO(body), {})
        tell("put", key, number)
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store(tmp_path / "state.db")
    found.buckets.insert(Scope(), "b")
    return found


@pytest.fixture
def objects(tmp_path: Path, store: Store) -> Objects:
    return Objects(tmp_path / "objects", store)


def body(objects: Objects, key: str) -> bytes | None:
    _, file = objects.open("b", key)
    if file is None:
        return None
    with file:
        return file.read()


def notes(folder: Path) -> str:
    """What is still in doubt."""
    return "".join(note.read_text() for note in (folder / "objects" / "pending").iterdir())


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "objects" / "bodies").rglob("*") if path.is_file()]


def test_a_kill_at_any_moment_leaves_old_or_new(tmp_path: Path, store: Store) -> None:
    store.close()
    known: dict[str, int] = {}
    chance = random.Random(7)
    for seed in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(seed)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        lines = [writer.stdout.readline()]
        time.sleep(chance.random() / 5)
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
        writer.wait()
        writer.stdout.close()
        known.update({key: int(number) for what, key, number in map(str.split, lines) if what})
        last = int(max(lines, key=lambda line: int(line.split()[2])).split()[2])
        again = Store(tmp_path / "state.db")
        objects = Objects(tmp_path / "objects", again)
        assert notes(tmp_path) == ""
        entries = again.objects.live(Walk("b")).rows
        uploads = {upload.blob for upload in again.uploads.of("b")}
        assert {path.name for path in files(tmp_path)} == {entry.blob for entry in entries if entry.blob} | uploads
        for key, number in known.items():
            found = body(objects, key)
            written = int(found.split()[0]) if found else 0
            assert found == (b"%d " % written * (FEW if written % 3 else MANY) if written else None)
            # What was acknowledged is there, or what was under way after it.
            assert written == number or written > last or (written == 0 and number < last + 3)
            known[key] = written
        again.close()


@pytest.mark.parametrize("old", [FEW, MANY])
@pytest.mark.parametrize("new", [FEW, MANY])
def test_a_reader_keeps_its_body_when_it_is_replaced(objects: Objects, tmp_path: Path, old: int, new: int) -> None:
    objects.put("b", "k", io.BytesIO(b"old" * old), {})
    _, file = objects.open("b", "k")
    objects.put("b", "k", io.BytesIO(b"new" * new), {})
    assert file is not None
    with file:
        assert file.read() == b"old" * old
    assert body(objects, "k") == b"new" * new
    assert len(files(tmp_path)) == (1 if new == MANY else 0)


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1, PIECE, PIECE + 1])
@pytest.mark.parametrize("drop", [1 << 20, 1000])
def test_bodies_of_every_size(objects: Objects, store: Store, tmp_path: Path, size: int, drop: int) -> None:
    class Drops(io.BytesIO):
        def read(self, count: int | None = -1, /) -> bytes:
            return super().read(min(count or 0, drop))

    data = os.urandom(size)
    stored = objects.put("b", "k", Drops(data), {})
    assert (stored.size, stored.etag) == (size, hashlib.md5(data, usedforsecurity=False).hexdigest())
    assert body(objects, "k") == data
    assert len(files(tmp_path)) == (size > SMALL)
    objects.link("b", "k", tmp_path / "link")
    assert (tmp_path / "link").read_bytes() == data
    source, file = objects.open("b", "k")
    assert source is not None
    assert file is not None
    with file:
        objects.copy(source, file, Entry("copy", "b", size=size), ("SHA256",), lambda present: None)
    with objects.change() as change, store.transaction():
        change.drop(store.objects.delete("b", "k", "")[1])
    assert body(objects, "copy") == data
    assert len(files(tmp_path)) == (size > SMALL)


@pytest.mark.parametrize("times", [FEW, MANY])
def test_a_refused_body_leaves_nothing(objects: Objects, tmp_path: Path, times: int) -> None:
    def refuse(_: object) -> None:
        raise ServiceError("BadDigest", "no")

    with pytest.raises(ServiceError):
        objects.put("b", "k", io.BytesIO(b"x" * times), {}, verify=refuse)
    with pytest.raises(ServiceError):
        objects.put("b", "k", io.BytesIO(b"x" * times), {}, condition=refuse)
    with pytest.raises(ServiceError, match="NoSuchBucket"):
        objects.put("none", "k", io.BytesIO(b"x" * times), {})
    assert body(objects, "k") is None
    assert files(tmp_path) == []
    assert notes(tmp_path) == ""


@pytest.mark.parametrize("times", [FEW, MANY])
def test_links_share_the_body_and_are_read_only(objects: Objects, tmp_path: Path, times: int) -> None:
    (tmp_path / "file").write_bytes(b"data" * times)
    entry = objects.put_file("b", "k", tmp_path / "file")
    assert objects.link("b", "k", tmp_path / "link") == entry
    assert (tmp_path / "link").read_bytes() == b"data" * times
    assert (tmp_path / "link").stat().st_mode & 0o777 == 0o444
    objects.put("b", "k", io.BytesIO(b"new"), {})
    assert (tmp_path / "link").read_bytes() == b"data" * times
    with pytest.raises(ServiceError, match="NoSuchKey"):
        objects.link("b", "none", tmp_path / "other")
    with pytest.raises(FileExistsError):
        objects.link("b", "k", tmp_path / "link")
    with pytest.raises(FileNotFoundError):
        objects.link("b", "k", tmp_path / "no" / "folder")


def test_parts_in_place_are_not_copied(objects: Objects, store: Store, tmp_path: Path) -> None:
    upload = objects.begin("b", "k", {})
    pieces = [os.urandom(1000), os.urandom(1000), os.urandom(10)]
    parts = [
        objects.parts.write(upload, number, io.BytesIO(piece), len(piece), (), lambda blob: None)
        for number, piece in enumerate(pieces, 1)
    ]
    assert len(files(tmp_path)) == 1
    entry = objects.complete(upload, parts, Entry("k", "b", size=2010), lambda present: None)
    assert entry.blob == upload.blob
    assert body(objects, "k") == b"".join(pieces)


def test_a_torn_second_try_of_a_part_keeps_the_first(objects: Objects, store: Store) -> None:
    class Torn(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(10)
            if not data:
                raise ServiceError("IncompleteBody", "torn")
            return data

    upload = objects.begin("b", "k", {})
    part = objects.parts.write(upload, 1, io.BytesIO(b"a" * 100), 100, (), lambda blob: None)
    with pytest.raises(ServiceError, match="IncompleteBody"):
        objects.parts.write(upload, 1, Torn(b"b" * 50), 100, (), lambda blob: None)
    assert store.uploads.parts(upload.id) == [part]
    objects.complete(upload, [part], Entry("k", "b", size=100), lambda present: None)
    assert body(objects, "k") == b"a" * 100


@pytest.mark.parametrize("name", ["CRC32", "CRC32C", "CRC64NVME"])
def test_joined_checksums_equal_those_of_the_whole(name: str) -> None:
    pieces = [os.urandom(size) for size in (1000, 1, 0, 77)]
    whole = Hasher([name])
    whole.update(b"".join(pieces))
    parts = []
    for piece in pieces:
        hasher = Hasher([name])
        hasher.update(piece)
        parts.append((hasher.digests()[name], len(piece)))
    assert combine(name, parts) == whole.digests()[name]


def test_every_algorithm_gives_a_digest() -> None:
    hasher = Hasher(ALGORITHMS)
    hasher.update(b"123456789")
    digests = hasher.digests()
    assert set(digests) == set(ALGORITHMS)
    assert digests["CRC64NVME"].hex() == "ae8b14860a799888"
    assert digests["CRC32C"].hex() == "e3069283"


@pytest.mark.parametrize("count", [10, 2000])
def test_a_start_after_a_crash_reads_only_rows_of_noted_names(tmp_path: Path, store: Store, count: int) -> None:
    objects = Objects(tmp_path / "objects", store)
    with store.transaction():
        for number in range(count):
            objects.put("b", f"small{number}", io.BytesIO(b"x"), {})
        kept = objects.put("b", "large", io.BytesIO(b"x" * MANY), {})
    objects.close()
    lost = tmp_path / "objects" / "bodies" / "00" / ("0" * 32)
    lost.parent.mkdir(exist_ok=True)
    lost.write_bytes(b"torn")
    (tmp_path / "objects" / "pending" / "note").write_text(f"{kept.blob}\n{lost.name}\n")
    with store.transaction() as connection:
        steps = [0]

        def step() -> None:
            steps[0] += 1

        connection.set_progress_handler(step, 100)
        objects = Objects(tmp_path / "objects", store)
        connection.set_progress_handler(None, 0)
    assert steps[0] < 10
    assert [path.name for path in files(tmp_path)] == [kept.blob]
    assert body(objects, "large") == b"x" * MANY
    objects.close()


def test_a_page_reads_only_its_rows(store: Store) -> None:
    with store.transaction():
        for number in range(3000):
            store.objects.put(Entry(f"folder{number % 3}/{number:05}", "b", blob="x"), "")
    plans = [
        "SELECT * FROM objects WHERE bucket = ? AND key >= ? AND latest = 1 AND marker = 0 ORDER BY key, id ASC",
        "SELECT * FROM objects WHERE bucket = ? AND key >= ? AND 1 ORDER BY key, id DESC",
    ]
    for sql in plans:
        plan = " ".join(row[-1] for row in store.rows(f"EXPLAIN QUERY PLAN {sql}", ["b", ""]))
        assert "USING INDEX" in plan
        assert "TEMP B-TREE" not in plan
    page = store.objects.live(Walk("b", delimiter="/"))
    assert page.prefixes == ["folder0/", "folder1/", "folder2/"]
    assert not page.truncated


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", "b"), ("az", "a{"), ("\ud7ff", "\ue000"), ("a\U0010ffff", "b"), ("\U0010ffff", None), ("", None)],
)
def test_successors(text: str, expected: str | None) -> None:
    assert successor(text) == expected
