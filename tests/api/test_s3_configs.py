"""Sub-resources of buckets: kept as they came, refused as S3 refuses them."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.aws import model
from tests.api.s3_calls import read, refused
from tests.conftest import Client

OTHER = "210987654321"


NAMED = {
    "analytics": {
        "Filter": {"Prefix": "in/"},
        "StorageClassAnalysis": {
            "DataExport": {
                "OutputSchemaVersion": "V_1",
                "Destination": {"S3BucketDestination": {"Format": "CSV", "Bucket": "arn:aws:s3:::to"}},
            }
        },
    },
    "inventory": {
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::to", "Format": "Parquet", "Prefix": "p"}},
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "OptionalFields": ["Size", "ETag"],
        "Schedule": {"Frequency": "Daily"},
    },
    "metrics": {"Filter": {"And": {"Prefix": "p", "Tags": [{"Key": "a", "Value": "b"}]}}},
    "intelligent_tiering": {
        "Status": "Enabled",
        "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
    },
}


@pytest.mark.parametrize("kind", NAMED)
def test_configurations_by_name(s3: Any, bucket: str, kind: str) -> None:
    def call(verb: str, plural: str = "", **params: Any) -> Any:
        return getattr(s3, f"{verb}_bucket_{kind}_configuration{plural}")(Bucket=bucket, **params)

    member = "".join(part.capitalize() for part in kind.split("_")) + "Configuration"
    for name in ("b", "a"):
        call("put", Id=name, **{member: NAMED[kind] | {"Id": name}})
    assert call("get", Id="a")[member] == NAMED[kind] | {"Id": "a"}
    assert [one["Id"] for one in call("list", "s")[f"{member}List"]] == ["a", "b"]
    call("delete", Id="a")
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchConfiguration"):
        call("get", Id="a")
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchConfiguration"):
        call("delete", Id="a")


WEBSITES: list[tuple[dict[str, Any], str]] = [
    ({"IndexDocument": {"Suffix": "index.html"}}, ""),
    ({"IndexDocument": {"Suffix": "i"}, "ErrorDocument": {"Key": "e"}}, ""),
    ({"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}}, ""),
    (
        {
            "IndexDocument": {"Suffix": "i"},
            "RoutingRules": [
                {
                    "Condition": {"KeyPrefixEquals": "old/"},
                    "Redirect": {"ReplaceKeyPrefixWith": "new/", "HttpRedirectCode": "302"},
                }
            ],
        },
        "",
    ),
    ({"ErrorDocument": {"Key": "e"}}, "InvalidArgument"),
    ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument"),
    ({"IndexDocument": {"Suffix": ""}}, "InvalidArgument"),
    ({"IndexDocument": {"Suffix": "i"}, "RedirectAllRequestsTo": {"HostName": "h"}}, "InvalidArgument"),
    ({"RedirectAllRequestsTo": {"HostName": "h", "Protocol": "ftp"}}, "InvalidRequest"),
    ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "200"}}]}, "InvalidRequest"),
    (
        {
            "IndexDocument": {"Suffix": "i"},
            "RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}],
        },
        "InvalidRequest",
    ),
    (
        {"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Condition": {}, "Redirect": {"HostName": "h"}}]},
        "InvalidRequest",
    ),
]


@pytest.mark.parametrize(("website", "code"), WEBSITES, ids=[f"{n}-{row[1]}" for n, row in enumerate(WEBSITES)])
def test_websites(s3: Any, bucket: str, website: dict[str, Any], code: str) -> None:
    put = {"Bucket": bucket, "WebsiteConfiguration": website}
    if code:
        refused(s3.put_bucket_website, code, 400, **put)
        refused(s3.get_bucket_website, "NoSuchWebsiteConfiguration", 404, Bucket=bucket)
        return
    s3.put_bucket_website(**put)
    told = s3.get_bucket_website(Bucket=bucket)
    assert {name: told[name] for name in website} == website


def test_a_redirect_of_an_object_is_told(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", WebsiteRedirectLocation="/elsewhere")
    assert s3.head_object(Bucket=bucket, Key="k")["WebsiteRedirectLocation"] == "/elsewhere"


def test_logging(client: Client, s3: Any, bucket: str) -> None:
    target = f"{bucket}-logs"
    wanted = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "p/"}}
    put = {"Bucket": bucket, "BucketLoggingStatus": wanted}
    refused(s3.put_bucket_logging, "InvalidTargetBucketForLogging", 400, **put)
    theirs = {"LoggingEnabled": {"TargetBucket": f"{bucket}-their", "TargetPrefix": ""}}
    client("s3", aws_access_key_id=OTHER).create_bucket(Bucket=f"{bucket}-their")
    refused(s3.put_bucket_logging, "InvalidTargetBucketForLogging", 400, Bucket=bucket, BucketLoggingStatus=theirs)
    west = {"LoggingEnabled": {"TargetBucket": f"{bucket}-west", "TargetPrefix": ""}}
    place = {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}}
    client("s3", region_name="us-west-2").create_bucket(Bucket=f"{bucket}-west", **place)
    refused(s3.put_bucket_logging, "CrossLocationLoggingProhibitted", 403, Bucket=bucket, BucketLoggingStatus=west)
    s3.create_bucket(Bucket=target)
    s3.put_bucket_logging(**put)
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"] == wanted["LoggingEnabled"]
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)


def test_replication(s3: Any, bucket: str) -> None:
    target = f"{bucket}-to"
    rule = {"ID": "r", "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": f"arn:aws:s3:::{target}"}}
    config = {"Role": "arn:aws:iam::123456789012:role/r", "Rules": [rule]}
    put = {"Bucket": bucket, "ReplicationConfiguration": config}
    versions = {"VersioningConfiguration": {"Status": "Enabled"}}
    says = lambda: refused(s3.put_bucket_replication, "InvalidRequest", 400, **put)["Message"]  # noqa: E731
    assert "Versioning must be 'Enabled'" in says()
    s3.put_bucket_versioning(Bucket=bucket, **versions)
    assert says() == "Destination bucket must exist."
    s3.create_bucket(Bucket=target)
    assert says() == "Destination bucket must have versioning enabled."
    s3.put_bucket_versioning(Bucket=target, **versions)
    s3.put_bucket_replication(**put)
    assert s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"] == config
    s3.delete_bucket_replication(Bucket=bucket)
    refused(s3.get_bucket_replication, "ReplicationConfigurationNotFoundError", 404, Bucket=bucket)


def test_acceleration(s3: Any, bucket: str) -> None:
    put = {"AccelerateConfiguration": {"Status": "Enabled"}}
    s3.put_bucket_accelerate_configuration(Bucket=bucket, **put)
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Enabled"
    dotted = f"a.{bucket}"
    s3.create_bucket(Bucket=dotted)
    refused(s3.put_bucket_accelerate_configuration, "InvalidRequest", 400, Bucket=dotted, **put)
    wrong = {"AccelerateConfiguration": {"Status": "On"}}
    refused(s3.put_bucket_accelerate_configuration, "MalformedXML", 400, Bucket=bucket, **wrong)


def test_requesters_pay(client: Client, s3: Any, bucket: str) -> None:
    other = client("s3", aws_access_key_id=OTHER)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.delete_public_access_block(Bucket=bucket)
    everybody = (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",'
        f'"Resource": "arn:aws:s3:::{bucket}/*"}}}}'
    )
    s3.put_bucket_policy(Bucket=bucket, Policy=everybody)
    assert read(other, bucket, "k") == b"x"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    refused(other.get_object, "AccessDenied", 403, Bucket=bucket, Key="k")
    assert read(other, bucket, "k", RequestPayer="requester") == read(s3, bucket, "k") == b"x"
    wrong = {"Payer": "Nobody"}
    refused(s3.put_bucket_request_payment, "MalformedXML", 400, Bucket=bucket, RequestPaymentConfiguration=wrong)


def test_default_encryption(s3: Any, bucket: str) -> None:
    def put(**rule: Any) -> dict[str, Any]:
        rules = [{"ApplyServerSideEncryptionByDefault": rule}]
        return {"Bucket": bucket, "ServerSideEncryptionConfiguration": {"Rules": rules}}

    s3.put_bucket_encryption(**put(SSEAlgorithm="aws:kms", KMSMasterKeyID="arn:aws:kms:::key/k"))
    refused(s3.put_bucket_encryption, "MalformedXML", 400, **put(SSEAlgorithm="rot13"))
    refused(s3.put_bucket_encryption, "InvalidArgument", 400, **put(SSEAlgorithm="AES256", KMSMasterKeyID="k"))
    none = {"ServerSideEncryptionConfiguration": {"Rules": []}}
    refused(s3.put_bucket_encryption, "MalformedXML", 400, Bucket=bucket, **none)
    s3.delete_bucket_encryption(Bucket=bucket)
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_public_access_blocks(s3: Any, bucket: str) -> None:
    put, get = s3.put_public_access_block, s3.get_public_access_block
    put(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert get(Bucket=bucket)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }
    refused(put, "InvalidRequest", 400, Bucket=bucket, PublicAccessBlockConfiguration={})


def test_attributes_for_access_control(s3: Any, bucket: str) -> None:
    assert s3.get_bucket_abac(Bucket=bucket)["AbacStatus"] == {"Status": "Disabled"}
    s3.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": "Enabled"})
    assert s3.get_bucket_abac(Bucket=bucket)["AbacStatus"] == {"Status": "Enabled"}


CLASSES = model.service("s3").model.shape_for("StorageClass").metadata["enum"]


@pytest.mark.parametrize("name", CLASSES)
def test_storage_classes_are_kept(s3: Any, bucket: str, name: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", StorageClass=name)
    assert s3.head_object(Bucket=bucket, Key="k").get("StorageClass", "STANDARD") == name
    for function, member in ((s3.list_objects_v2, "Contents"), (s3.list_object_versions, "Versions")):
        assert [one["StorageClass"] for one in function(Bucket=bucket)[member]] == [name]
    told = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["StorageClass"])
    assert told["StorageClass"] == name
    upload = s3.create_multipart_upload(Bucket=bucket, Key="u", StorageClass=name)["UploadId"]
    assert s3.list_parts(Bucket=bucket, Key="u", UploadId=upload)["StorageClass"] == name
