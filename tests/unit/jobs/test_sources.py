"""Which objects an input means and what they are called locally."""

from __future__ import annotations

import pytest

from emulator.jobs import sources
from emulator.jobs.base import JobFailed


@pytest.mark.parametrize(
    ("prefix", "key", "name"),
    [
        ("", "a.csv", "a.csv"),
        ("", "d/a.csv", "d/a.csv"),
        ("data/train", "data/train/a.csv", "a.csv"),
        ("data/train/", "data/train/d/a.csv", "d/a.csv"),
        ("data/train", "data/train.csv", "train.csv"),
        ("data/train", "data/training/b.csv", "training/b.csv"),
        ("data/model.tar.gz", "data/model.tar.gz", "model.tar.gz"),
        ("script.py", "script.py", "script.py"),
        ("data", "data//x//y", "x/y"),
    ],
)
def test_local_names(prefix: str, key: str, name: str) -> None:
    assert sources.local_name(prefix, key) == name


@pytest.mark.parametrize("key", ["d/../../etc/passwd", "d/.."])
def test_a_key_cannot_leave_its_folder(key: str) -> None:
    with pytest.raises(JobFailed, match="cannot be a path"):
        sources.local_name("d", key)


def test_folder_markers_are_no_files() -> None:
    found = sources.from_listing("b", "d/", [("d/", 0), ("d/sub/", 0), ("d/sub/x", 3)])
    assert found == [sources.Source("b", "d/sub/x", "sub/x", 3)]
    assert found[0].uri == "s3://b/d/sub/x"


def test_manifest() -> None:
    entries = [{"prefix": "s3://b/p/"}, "a.csv", "d/b.csv"]
    assert [(s.uri, s.name) for s in sources.from_manifest("s3://b/m", entries)] == [
        ("s3://b/p/a.csv", "a.csv"),
        ("s3://b/p/d/b.csv", "d/b.csv"),
    ]


@pytest.mark.parametrize("entries", [[], {}, None, ["a"], [{"prefix": "s3://b/"}, 1], [{"prefix": "p"}, "a"]])
def test_a_malformed_manifest_fails_the_job(entries: object) -> None:
    with pytest.raises(JobFailed, match="ClientError"):
        sources.from_manifest("s3://b/m", entries)


def test_shards_cover_everything_once() -> None:
    shares = [sources.shard(range(10), number, 3) for number in range(3)]
    assert sorted(item for share in shares for item in share) == list(range(10))
    assert {len(share) for share in shares} == {3, 4}
