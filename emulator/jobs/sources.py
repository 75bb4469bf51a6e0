"""Which S3 objects an input means, and under which relative name each of them appears in the container. Pure.

SageMaker's ``S3Prefix`` is a *string* prefix: ``s3://b/data/train`` means ``data/train.csv``, ``data/train/a.csv`` and
``data/training/b.csv``. The local name is what follows the prefix as a folder (``data/train/a.csv`` -> ``a.csv``), or,
where the prefix is no folder of the key, what follows the prefix's last ``/`` (``train.csv``, ``training/b.csv``).
A URI that names an object exactly therefore gives ``<folder>/<basename>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from emulator.jobs.base import JobFailed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source:
    """One object to stage: where it lies in S3 and its name (``/``-separated, relative) in the input folder."""

    bucket: str
    key: str
    name: str
    size: int = 0

    @property
    def uri(self) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/a/b`` -> ``("bucket", "a/b")``; the key may be empty. Raises JobFailed on anything else."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise JobFailed(f"ClientError: Data download failed: Invalid S3 URI {uri}")
    return bucket, key


def join_uri(uri: str, name: str) -> str:
    """``uri`` as a folder plus ``name``, with one slash between them."""
    return f"{uri.rstrip('/')}/{name.lstrip('/')}"


def local_name(prefix: str, key: str) -> str:
    """The relative name of ``key`` below an input whose URI has the key ``prefix`` (see the module's rule)."""
    folder = prefix if prefix.endswith("/") or not prefix else prefix + "/"
    if key.startswith(folder):
        return safe_name(key[len(folder) :])
    return safe_name(key[prefix.rfind("/") + 1 :])


def safe_name(name: str) -> str:
    """The name without empty and ``.`` parts. Raises JobFailed for ``..``: it would leave the input folder."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise JobFailed(f"ClientError: Data download failed: the S3 key {name} cannot be a path in the container")
    return "/".join(parts)


def from_listing(bucket: str, prefix: str, objects: Iterable[tuple[str, int]]) -> list[Source]:
    """Sources for listed (key, size) pairs; folder markers (keys ending in ``/``) are no files."""
    return [
        Source(bucket, key, local_name(prefix, key), size) for key, size in objects if key and not key.endswith("/")
    ]


def from_manifest(uri: str, entries: Any) -> list[Source]:
    """Sources of a ManifestFile: ``[{"prefix": "s3://b/p/"}, "relative key", ...]``. Raises JobFailed if malformed."""
    good = isinstance(entries, list) and entries and isinstance(entries[0], dict) and "prefix" in entries[0]
    if not good or not all(isinstance(entry, str) for entry in entries[1:]):
        raise JobFailed(f"ClientError: Data download failed: Invalid manifest file {uri}")
    bucket, prefix = split_uri(entries[0]["prefix"])
    return [Source(bucket, prefix + entry, safe_name(entry)) for entry in entries[1:]]


def shard(items: Sequence[T], number: int, count: int) -> list[T]:
    """The share of host ``number`` (from 0) of ``count``: every count-th object, so that shares differ by one."""
    return list(items[number::count])
