"""Folders as read-only buckets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from botocore import UNSIGNED
from botocore.config import Config

from emulator.config import load
from tests.api.s3_calls import read, refused
from tests.conftest import Start


def test_a_folder_is_a_read_only_bucket(start_server: Start, tmp_path: Path) -> None:
    folder, data = tmp_path / "samples", tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_text("1,2\n")
    (folder / "deep" / "b").write_bytes(b"deep")
    flags = ("--executor", "process", "--bucket-dir", f"sample-files={folder}")
    server = start_server(*flags, data_dir=data)
    s3, at = server.client("s3"), {"Bucket": "sample-files", "Key": "a.csv"}
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="sample-files")["Contents"]] == ["a.csv", "deep/b"]
    assert (read(s3, **{"bucket": "sample-files", "key": "a.csv"}), s3.head_object(**at)["ContentType"]) == (
        b"1,2\n",
        "text/csv",
    )
    refused(s3.put_object, "AccessDenied", 403, Body=b"x", **at)
    refused(s3.delete_object, "AccessDenied", 403, **at)
    refused(s3.create_multipart_upload, "AccessDenied", 403, **at)
    refused(s3.delete_bucket, "AccessDenied", 403, Bucket="sample-files")
    refused(s3.put_bucket_versioning, "AccessDenied", 403, Bucket="sample-files", VersioningConfiguration={})
    s3.create_bucket(Bucket="mine")
    s3.copy_object(Bucket="mine", Key="copy", CopySource=at)
    assert read(s3, "mine", "copy") == b"1,2\n"
    nobody = server.client("s3", config=Config(signature_version=UNSIGNED))
    assert read(nobody, "sample-files", "a.csv") == b"1,2\n"
    refused(nobody.put_object, "AccessDenied", 403, Body=b"x", **at)
    other = server.client("s3", aws_access_key_id="210987654321")
    other.create_bucket(Bucket="theirs")
    other.copy_object(Bucket="theirs", Key="copy", CopySource=at)
    os.kill(server.pid, 9)
    (folder / "a.csv").write_text("changed")
    (folder / "deep" / "b").unlink()
    s3 = start_server(*flags, data_dir=data).client("s3")
    assert read(s3, "sample-files", "a.csv") == b"changed"
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="sample-files")["Contents"]] == ["a.csv"]
    assert (folder / "a.csv").read_text() == "changed"


def test_links_are_followed(start_server: Start, tmp_path: Path) -> None:
    """Those that lead back, by whatever way, end where they meet a folder that they are in."""
    folder, aside = tmp_path / "samples", tmp_path / "aside"
    folder.mkdir()
    aside.mkdir()
    (folder / "file").write_text("1")
    (folder / "again").symlink_to("file")
    (folder / "deep").symlink_to(aside)
    (folder / "self").symlink_to(".")
    (folder / "lost").symlink_to("nowhere")
    (aside / "far").write_text("2")
    (aside / "back").symlink_to(folder)
    server = start_server("--executor", "process", "--bucket-dir", f"sample-files={folder}", data_dir=tmp_path / "data")
    contents = server.client("s3").list_objects_v2(Bucket="sample-files")["Contents"]
    assert [one["Key"] for one in contents] == ["again", "deep/far", "file"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    for given, why in (
        ("xyz=/no", "there is no folder /no to show as bucket xyz"),
        (f"x={tmp_path}", "is not NAME=FOLDER with a bucket's name"),
        ("xyz", "is not NAME=FOLDER with a bucket's name"),
    ):
        with pytest.raises(ValueError, match=f"SAGEMAKER_EMULATOR_BUCKET_DIR: .*{why}"):
            load(environ={"SAGEMAKER_EMULATOR_BUCKET_DIR": given})
    text = f"xyz={tmp_path},uvw={tmp_path}"
    found = load(environ={"SAGEMAKER_EMULATOR_BUCKET_DIR": text}).bucket_dir
    assert (found, str(found)) == ((("xyz", tmp_path), ("uvw", tmp_path)), text)
