"""obstore is Rust's object_store, by which Polars, delta-rs and Lance reach S3; their tables rest on its conditions."""

import os
import sys
from datetime import timedelta
from urllib.request import urlopen

import boto3
import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import S3Store

bucket = sys.argv[1]
boto3.client("s3").create_bucket(Bucket=bucket)
store = S3Store(bucket, endpoint=os.environ["AWS_ENDPOINT_URL"], client_options={"allow_http": True})


def refused(error: type[Exception], **how) -> None:
    try:
        store.put("log/0", b"late", **how)
    except error:
        return
    raise AssertionError(f"no {error.__name__}")


store.put("log/0", b"first", mode="create")
refused(AlreadyExistsError, mode="create")
seen = {"e_tag": store.head("log/0")["e_tag"]}
store.put("log/0", b"second", mode=seen)
refused(PreconditionError, mode=seen)
assert store.get("log/0").bytes() == b"second"

large = os.urandom(12 << 20)
store.put("large", large, use_multipart=True, chunk_size=5 << 20)
assert store.get("large").bytes() == large
ranges = store.get_ranges("large", starts=[0, 9 << 20], ends=[10, (9 << 20) + 7])
assert [bytes(one) for one in ranges] == [large[:10], large[9 << 20 : (9 << 20) + 7]]

store.copy("log/0", "é +%/x")
store.rename("é +%/x", "deep/y")
assert {one["path"] for one in store.list().collect()} == {"log/0", "large", "deep/y"}
assert store.list_with_delimiter()["common_prefixes"] == ["deep", "log"]
with urlopen(obstore.sign(store, "GET", "deep/y", timedelta(minutes=1))) as answer:
    assert answer.read() == b"second"
store.delete(["log/0", "large", "deep/y"])
assert store.list().collect() == []
boto3.client("s3").delete_bucket(Bucket=bucket)
