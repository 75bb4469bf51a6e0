"""XML elements of words of an enumeration are kept once written; a client's inventions must not pile up. What is no
member is left out as it is written."""

from __future__ import annotations

import re
from typing import Any

from emulator.aws import model, serialize

S3_CLASSES = ("STANDARD", "GLACIER", "<&>")


def listing(classes: list[str]) -> str:
    contents: list[dict[str, Any]] = [{"Key": "k", "StorageClass": word} for word in classes]
    body = serialize.response("s3", "ListObjectsV2", {"Contents": contents}).body
    assert isinstance(body, bytes)
    return body.decode()


def test_words_are_written_each_time_alike() -> None:
    for _ in range(2):
        found = re.findall("<StorageClass>(.*?)</StorageClass>", listing([*S3_CLASSES, *S3_CLASSES]))
        assert found == ["STANDARD", "GLACIER", "&lt;&amp;&gt;"] * 2


def test_words_of_no_enumeration_do_not_fill_the_memory() -> None:
    made_up = [f"made up {number}" for number in range(5000)]
    assert re.findall("<StorageClass>(.*?)</StorageClass>", listing(made_up)) == made_up
    contents = model.service("s3").operation("ListObjectsV2").output_shape.members["Contents"]
    assert len(contents.member.__dict__["_xml_plan"]["StorageClass"].__self__) <= 1000


def test_what_is_nothing_or_no_member_is_left_out_at_every_depth() -> None:
    grantee = {"Type": None, "ID": "1", "DisplayName": None, "_private": {"x": 1}}
    grants = {"Grants": [{"Grantee": grantee, "Permission": None}], "Owner": None, "Unknown": 1}
    body = serialize.response("s3", "GetBucketAcl", serialize.project("s3", "GetBucketAcl", grants)).body
    assert isinstance(body, bytes)
    lists = body.decode().partition("<AccessControlList>")[2]
    namespace = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    assert lists.startswith(f"<Grant><Grantee {namespace}><ID>1</ID></Grantee></Grant></AccessControlList></")
