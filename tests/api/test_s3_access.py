"""Ways round a bucket's policy that are none, and policies that must not shut out the bucket's own account."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from emulator.arns import Scope
from emulator.store import Store
from tests.api.s3_calls import may, new_bucket, put_policy, read, refused
from tests.conftest import Client, Running, Start

OWNER = "123456789012"


def test_a_presigned_address_is_its_signers(s3: Any, bucket: str, user: tuple[str, Any]) -> None:
    arn, theirs = user
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    put_policy(s3, bucket, "Deny", Principal={"AWS": arn}, Action="s3:GetObject")
    refused(theirs.get_object, "AccessDenied", 403, Bucket=bucket, Key="k")
    at = {"Params": {"Bucket": bucket, "Key": "k"}}
    assert requests.get(theirs.generate_presigned_url("get_object", **at), timeout=30).status_code == 403
    assert requests.get(s3.generate_presigned_url("get_object", **at), timeout=30).content == b"x"


def test_a_bucket_kept_for_a_role_by_its_id(s3: Any, client: Client, bucket: str, user: tuple[str, Any]) -> None:
    me = client("sts").get_caller_identity()["UserId"]
    unlike = {"StringNotLike": {"aws:userId": [f"{me.partition(':')[0]}:*"]}}
    put_policy(s3, bucket, "Deny", Action="s3:*", Condition=unlike)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    refused(user[1].get_object, "AccessDenied", 403, Bucket=bucket, Key="k")


def test_a_guarded_version_outlives_a_delete_of_many(s3: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    kept, gone = (s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"] for _ in range(2))
    same = {"StringEquals": {"s3:VersionId": kept}}
    put_policy(s3, bucket, "Deny", Action="s3:DeleteObjectVersion", Condition=same)
    wanted = [{"Key": "k", "VersionId": version} for version in (kept, gone)]
    told = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    assert [one["VersionId"] for one in told["Errors"]] == [kept]
    assert [one["VersionId"] for one in told["Deleted"]] == [gone]


def test_who_may_write_by_acl_locks_and_tags_nothing(s3: Any, other: Any) -> None:
    bucket = new_bucket(s3, ObjectOwnership="ObjectWriter", ObjectLockEnabledForBucket=True)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    at = {"Bucket": bucket, "Key": "k", "Body": b""}
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": time.time() + 3600}
    refused(other.put_object, "AccessDenied", 403, **at, **lock)
    refused(other.put_object, "AccessDenied", 403, **at, Tagging="a=b")
    other.put_object(**at, ACL="public-read")


def test_a_bucket_owner_who_gives_up_an_acl_is_answered(s3: Any, other: Any, open_bucket: str) -> None:
    s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read-write")
    other.put_object(Bucket=open_bucket, Key="theirs", ACL="bucket-owner-full-control")
    s3.put_object_acl(Bucket=open_bucket, Key="theirs", ACL="private")
    refused(s3.put_object_acl, "AccessDenied", 403, Bucket=open_bucket, Key="theirs", ACL="private")


def test_a_form_is_signed_as_a_form(s3: Any, bucket: str) -> None:
    unlike = {"StringNotEquals": {"s3:authType": "POST"}}
    put_policy(s3, bucket, "Deny", Action="s3:PutObject", Condition=unlike)
    form = s3.generate_presigned_post(bucket, "k")
    done = requests.post(form["url"], data=form["fields"], files={"file": b"x"}, timeout=30)
    assert done.status_code == 204
    refused(s3.put_object, "AccessDenied", 403, Bucket=bucket, Key="k", Body=b"")


def test_old_tls_is_not_what_clients_speak(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for old, readable in (("1.2", True), ("1.4", False)):
        below = {"NumericLessThanIfExists": {"s3:TlsVersion": old}}
        put_policy(s3, bucket, "Deny", Action="s3:GetObject", Condition=below)
        assert may(s3, bucket) == readable


def test_patterns_of_many_stars_come_to_an_end(s3: Any, bucket: str) -> None:
    key = "a" * 1000
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    resource = f"arn:aws:s3:::{bucket}/"
    put_policy(s3, bucket, "Deny", Action="s3:GetObject", Resource=f"{resource}{'*a' * 30}b")
    assert read(s3, bucket, key) == b"x"
    put_policy(s3, bucket, "Deny", Action="s3:GetObject", Resource=f"{resource}a*a?*{'*a' * 30}")
    refused(s3.get_object, "AccessDenied", 403, Bucket=bucket, Key=key)


def test_a_policy_kept_unchecked_shuts_nobody_out(tmp_path: Path, start_server: Start) -> None:
    """Earlier versions took any JSON for a policy."""
    store = Store(tmp_path / "state.db")
    store.buckets.insert(Scope(OWNER, "us-east-1"), "old")
    store.buckets.put_config("old", "BucketPolicy", '{"Statement": [{"Effect": "Allow", "Principal": "*"}]}')
    store.close()
    running: Running = start_server("--executor", "process", data_dir=tmp_path)
    s3 = running.client("s3")
    s3.put_object(Bucket="old", Key="k", Body=b"x")
    assert read(s3, "old", "k") == b"x"
    stranger = running.client("s3", aws_access_key_id="210987654321")
    refused(stranger.get_object, "AccessDenied", 403, Bucket="old", Key="k")
    assert not s3.get_bucket_policy_status(Bucket="old")["PolicyStatus"]["IsPublic"]
    s3.delete_bucket_policy(Bucket="old")
    refused(s3.get_bucket_policy, "NoSuchBucketPolicy", 404, Bucket="old")


def test_callers_are_known_while_iam_comes_up(start_server: Start) -> None:
    running: Running = start_server("--executor", "process")
    s3 = running.client("s3")
    s3.create_bucket(Bucket="mine")
    s3.put_object(Bucket="mine", Key="k", Body=b"x")
    put_policy(s3, "mine", "Deny", Action="s3:PutObject")
    with ThreadPoolExecutor() as pool:
        coming = pool.submit(running.client("iam").list_users)
        while not coming.done():
            assert read(s3, "mine", "k") == b"x"
    assert coming.result()["Users"] == []
