"""Folders through tar streams: what goes in comes out, memory stays flat, nothing escapes."""

from __future__ import annotations

import io
import os
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from emulator.executors import tarstream

NAMES = ["a.txt", "ü/" + "long" * 60 + "/b", "empty/", "mode"]


def tree(folder: Path) -> dict[str, object]:
    def content(path: Path) -> object:
        if path.is_symlink():
            return os.readlink(path)
        return path.read_bytes() if path.is_file() else None

    return {path.relative_to(folder).as_posix(): content(path) for path in folder.rglob("*")}


def test_there_and_back(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for name in NAMES:
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_bytes(name.encode() * 1000)
    (source / "link").symlink_to("a.txt")
    (source / "outward").symlink_to("/etc")
    os.link(source / "a.txt", source / "hard")
    os.mkfifo(source / "pipe")
    (source / "mode").chmod(0o755)
    target.mkdir()
    (target / "old").write_text("goes away")
    tarstream.unpack(tarstream.pack([(source, "/opt")]), target)
    os.unlink(source / "pipe")
    assert tree(target) == tree(source)
    assert (target / "mode").stat().st_mode & 0o777 == 0o755
    assert (target / "a.txt").stat().st_ino != (source / "a.txt").stat().st_ino


def test_several_folders_and_their_targets(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").write_text("2")
    tar = b"".join(tarstream.pack([(tmp_path / "one", "/opt/ml/one"), (tmp_path / "two", "/opt/ml/two")]))
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        assert archive.getnames() == ["opt/ml/one", "opt/ml/two"]
        assert {(m.uid, m.gid) for m in archive} == {(0, 0)}


def test_memory_is_flat(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for folder in (source, target):
        folder.mkdir()
    with (source / "big").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    tracemalloc.start()
    tarstream.unpack(tarstream.pack([(source, "/data")]), target)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (target / "big").stat().st_size == 200 * 1024 * 1024
    assert peak < 8 * 1024 * 1024


def evil(*members: tuple[str, bytes, str]) -> Iterator[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind, link in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            tar.addfile(info)
    yield buffer.getvalue()


def test_nothing_leaves_the_folder(tmp_path: Path) -> None:
    target, outside = tmp_path / "target", tmp_path / "outside"
    target.mkdir()
    outside.mkdir()
    members = [
        ("out/../../outside/a", tarfile.REGTYPE, ""),
        ("out/link", tarfile.SYMTYPE, str(outside)),
        ("out/link/b", tarfile.REGTYPE, ""),
        ("out/hard", tarfile.LNKTYPE, "out/../../outside/c"),
        ("out/device", tarfile.CHRTYPE, ""),
        ("out/kept", tarfile.REGTYPE, ""),
    ]
    (outside / "c").write_text("")
    tarstream.unpack(evil(*members), target)
    assert sorted(path.name for path in target.iterdir()) == ["kept", "link"]
    assert [path.name for path in outside.iterdir()] == ["c"]


def test_what_the_container_closed_is_opened_to_us(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    target.mkdir()
    (source / "deep").mkdir(parents=True)
    (source / "deep/file").write_text("x")
    (source / "deep/file").chmod(0)
    (source / "deep").chmod(0o500)
    if os.geteuid() == 0:
        tarstream.unpack(tarstream.pack([(source, "/out")]), target)
        assert (target / "deep/file").stat().st_mode & 0o777 == 0o600
        assert (target / "deep").stat().st_mode & 0o777 == 0o700
    (source / "deep").chmod(0o700)
