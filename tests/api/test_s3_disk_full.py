"""A full disk: one clear answer that SDKs do not repeat, the old object kept, nothing left behind."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conftest import Running

Start = Callable[..., Running]
MB = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 48 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small tmpfs needs root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def full(write: Callable[[], object]) -> None:
    begun = time.monotonic()
    with pytest.raises(ClientError) as caught:
        write()
    assert caught.value.response["Error"]["Code"] == "InsufficientStorage"
    assert "disk" in caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert time.monotonic() - begun < 60


def bodies(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in (folder / "objects" / "bodies").rglob("*") if path.is_file()}


def test_a_full_disk(start_server: Start, small_disk: Path) -> None:
    server = start_server("--executor", "process", data_dir=small_disk)
    s3: Any = server.client("s3", config=Config(retries={"total_max_attempts": 3}))
    s3.create_bucket(Bucket="full")
    s3.put_object(Bucket="full", Key="k", Body=b"old" * 1000)
    kept = bodies(small_disk)
    full(lambda: s3.put_object(Bucket="full", Key="k", Body=bytes(60 * MB)))
    assert bodies(small_disk) == kept
    assert not any(note.stat().st_size for note in (small_disk / "objects" / "pending").iterdir())
    assert s3.get_object(Bucket="full", Key="k")["Body"].read() == b"old" * 1000

    place = {"Bucket": "full", "Key": "k"}
    place["UploadId"] = s3.create_multipart_upload(**place)["UploadId"]
    full(lambda: s3.upload_part(**place, PartNumber=1, Body=bytes(60 * MB)))
    s3.abort_multipart_upload(**place)
    assert bodies(small_disk) == kept

    s3.put_object(Bucket="full", Key="k", Body=b"new" * 1000)
    assert s3.get_object(Bucket="full", Key="k")["Body"].read() == b"new" * 1000
