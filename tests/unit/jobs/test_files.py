"""Folders to archives and S3, archives to folders: what is left out, what is refused, what costs memory."""

from __future__ import annotations

import io
import os
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.jobs import uploads
from emulator.jobs.base import JobFailed


def contents(path: Path) -> dict[str, str]:
    """Member name -> its type as one letter."""
    kinds: dict[str, Callable[[tarfile.TarInfo], bool]] = {
        "d": tarfile.TarInfo.isdir,
        "l": tarfile.TarInfo.issym,
        "f": tarfile.TarInfo.isfile,
    }
    with tarfile.open(path) as tar:
        return {m.name: next(letter for letter, test in kinds.items() if test(m)) for m in tar.getmembers()}


def test_an_archive_keeps_folders_links_and_modes_but_no_owners(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "empty").mkdir(parents=True)
    (folder / "run.sh").write_text("x")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("run.sh")
    os.mkfifo(folder / "fifo")
    packed = tmp_path / "model.tar.gz"
    assert uploads.archive([folder], packed)
    assert contents(packed) == {"empty": "d", "link": "l", "run.sh": "f"}
    with tarfile.open(packed) as tar:
        member = tar.getmember("run.sh")
        assert (member.mode, member.uid, member.uname) == (0o755, 0, "root")


def test_nothing_to_pack(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_text("s")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    folders = [tmp_path / name for name in ("empty", "missing", "link")]
    assert not uploads.archive(folders, tmp_path / "out")
    assert list(uploads.files(tmp_path / "link")) == []


def test_packing_needs_no_memory_for_the_files(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with open(tmp_path / "model" / "large", "wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    try:
        uploads.archive([tmp_path / "model"], tmp_path / "out")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def tar_of(*members: tarfile.TarInfo) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return raw.getvalue()


def member(name: str, link: str = "", kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    return made


@pytest.mark.parametrize(
    "bad",
    [
        tar_of(member("../outside")),
        tar_of(member("link", "/etc/passwd", tarfile.SYMTYPE)),
        tar_of(member("link", "../..", tarfile.SYMTYPE), member("link/file")),
        tar_of(member("dev", kind=tarfile.CHRTYPE)),
        b"no archive",
        tar_of(member("file"))[:40],
    ],
)
def test_bad_archives_fail_the_job_and_write_nothing_outside(tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "bad.tar.gz").write_bytes(bad)
    with pytest.raises(JobFailed, match="Failed to extract model data archive"):
        uploads.unpack(tmp_path / "bad.tar.gz", tmp_path / "deep" / "model")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.tar.gz", "deep"]
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["model"]


def test_members_are_ours_and_links_inside_stay(tmp_path: Path) -> None:
    members = [
        member("./", kind=tarfile.DIRTYPE),
        member("/model/bin"),
        member("model/again", "model/bin", tarfile.LNKTYPE),
        member("model/near", "bin", tarfile.SYMTYPE),
        member("model/circle", "circle", tarfile.SYMTYPE),
        member("model/circle/file"),
    ]
    (tmp_path / "m.tar.gz").write_bytes(tar_of(*members[:-1]))
    uploads.unpack(tmp_path / "m.tar.gz", tmp_path / "out")
    model = tmp_path / "out" / "model"
    assert sorted(path.name for path in model.iterdir()) == ["again", "bin", "circle", "near"]
    assert (model / "near").read_bytes() == (model / "again").read_bytes() == (model / "bin").read_bytes()
    assert (model / "bin").stat().st_mode & 0o600 == 0o600
    (tmp_path / "round.tar.gz").write_bytes(tar_of(*members[-2:]))
    with pytest.raises(JobFailed, match="Failed to extract model data archive"):
        uploads.unpack(tmp_path / "round.tar.gz", tmp_path / "round")


def test_an_archive_comes_back_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "in" / "code").mkdir(parents=True)
    (tmp_path / "in" / "code" / "inference.py").write_text("pass")
    uploads.archive([tmp_path / "in"], tmp_path / "m.tar.gz")
    uploads.unpack(tmp_path / "m.tar.gz", tmp_path / "out")
    assert (tmp_path / "out" / "code" / "inference.py").read_text() == "pass"
