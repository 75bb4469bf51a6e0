"""Feature Store through boto3: groups, the online store's rules, and what gets to the offline store."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from pyarrow import parquet

from tests.api.calls import error, named
from tests.conftest import Start

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
DEFINITIONS = [
    {"FeatureName": "id", "FeatureType": "String"},
    {"FeatureName": "EventTime", "FeatureType": "String"},
    {"FeatureName": "age", "FeatureType": "Integral"},
    {"FeatureName": "score", "FeatureType": "Fractional"},
]
ONLINE = {"OnlineStoreConfig": {"EnableOnlineStore": True}}

Client = Callable[..., Any]
Store = Any


class Group:
    """A feature group and the clients to use it."""

    def __init__(self, client: Client, **members: Any) -> None:
        self.name = named("group")
        self.sagemaker = client("sagemaker")
        self.runtime = client("sagemaker-featurestore-runtime")
        self.s3 = client("s3")
        self.place = ""
        params = {
            "RecordIdentifierFeatureName": "id",
            "EventTimeFeatureName": "EventTime",
            "FeatureDefinitions": DEFINITIONS,
            **(members or ONLINE),
        }
        self.created = self.sagemaker.create_feature_group(FeatureGroupName=self.name, **params)
        wait_until(lambda: self.describe()["FeatureGroupStatus"] != "Creating")

    def describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_feature_group(FeatureGroupName=self.name)
        return found

    def put(self, time: str = "2024-01-02T03:04:05Z", **more: Any) -> None:
        features = {name: value for name, value in more.items() if name[0].islower()}
        rest = {name: value for name, value in more.items() if name[0].isupper()}
        record = [{"FeatureName": "EventTime", "ValueAsString": time}]
        record += [{"FeatureName": name, "ValueAsString": value} for name, value in features.items()]
        self.runtime.put_record(FeatureGroupName=self.name, Record=record, **rest)

    def entry(self, id: str) -> dict[str, Any]:
        """A record as BatchWriteRecord takes it."""
        values = {"id": id, "EventTime": "2024-01-02T03:04:05Z"}
        record = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
        return {"FeatureGroupName": self.name, "Record": record}

    def get(self, id: str = "a", **more: Any) -> dict[str, str]:
        answer = self.runtime.get_record(FeatureGroupName=self.name, RecordIdentifierValueAsString=id, **more)
        return {entry["FeatureName"]: entry["ValueAsString"] for entry in answer.get("Record", [])}

    def delete(self, time: str, id: str = "a", **more: Any) -> None:
        place = {"FeatureGroupName": self.name, "RecordIdentifierValueAsString": id}
        self.runtime.delete_record(**place, EventTime=time, **more)

    def files(self) -> dict[str, bytes]:
        """The offline store's objects by key."""
        if not self.place:
            self.place = self.describe()["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
        bucket, _, prefix = self.place.removeprefix("s3://").partition("/")
        keys = [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
        return {key: self.s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def rows(self) -> list[dict[str, Any]]:
        """The offline store's rows."""
        tables = [parquet.ParquetFile(io.BytesIO(body)).read().to_pylist() for body in self.files().values()]
        return [row for table in tables for row in table]


def wait_until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def bucket(client: Client) -> str:
    name = named("features")
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def group(client: Client) -> Group:
    return Group(client)


@pytest.fixture
def both(client: Client, bucket: str) -> Group:
    return Group(client, **ONLINE, **offline(bucket))


def offline(bucket: str) -> dict[str, Any]:
    return {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": f"s3://{bucket}/some/prefix/"}}, "RoleArn": ROLE}


def test_a_group_tells_where_its_data_goes(both: Group, bucket: str) -> None:
    found = both.describe()
    assert found["FeatureGroupStatus"] == "Created"
    assert found["OfflineStoreStatus"] == {"Status": "Active"}
    seconds = int(found["CreationTime"].timestamp())
    config = found["OfflineStoreConfig"]
    place = f"some/prefix/123456789012/sagemaker/us-east-1/offline-store/{both.name}-{seconds}/data"
    assert config["S3StorageConfig"]["ResolvedOutputS3Uri"] == f"s3://{bucket}/{place}"
    table = f"{both.name.replace('-', '_')}_{seconds}"
    catalogue = {"Catalog": "AwsDataCatalog", "Database": "sagemaker_featurestore", "TableName": table}
    assert config["DataCatalogConfig"] == catalogue
    assert found["OnlineStoreConfig"] == {"EnableOnlineStore": True, "StorageType": "Standard"}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"OnlineStoreConfig": None}, "At least one of"),
        ({"RecordIdentifierFeatureName": "nothing"}, "RecordIdentifierFeatureName nothing"),
        ({"EventTimeFeatureName": "age"}, "String or Fractional"),
        ({"FeatureDefinitions": [*DEFINITIONS, {"FeatureName": "ID", "FeatureType": "String"}]}, "unique"),
        ({"FeatureDefinitions": [*DEFINITIONS, {"FeatureName": "is_deleted", "FeatureType": "String"}]}, "reserved"),
        (
            {
                "FeatureDefinitions": [
                    *DEFINITIONS,
                    {"FeatureName": "l", "FeatureType": "String", "CollectionType": "List"},
                ]
            },
            "CollectionType",
        ),
        ({"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://b/p"}}}, "RoleArn"),
    ],
)
def test_groups_that_are_refused(client: Client, changes: dict[str, Any], text: str) -> None:
    members = {"RecordIdentifierFeatureName": "id", "EventTimeFeatureName": "EventTime", **ONLINE}
    params = members | {"FeatureDefinitions": DEFINITIONS} | changes
    given = {name: value for name, value in params.items() if value is not None}
    code, message = error(client("sagemaker").create_feature_group, FeatureGroupName="refused", **given)
    assert code == "ValidationException"
    assert text in message


def test_a_group_without_its_bucket_fails(client: Client) -> None:
    found = Group(client, **offline("no-such-bucket-anywhere")).describe()
    assert found["FeatureGroupStatus"] == "CreateFailed"
    assert "no-such-bucket-anywhere" in found["FailureReason"]


def test_the_newest_event_wins_whatever_the_order(group: Group) -> None:
    group.put("2024-01-02T00:00:00Z", id="a", age="2")
    group.put("2024-01-01T00:00:00Z", id="a", age="1")
    assert group.get()["age"] == "2"
    group.put("2024-01-03T00:00:00.500Z", id="a", score="1.5")
    assert group.get() == {"id": "a", "EventTime": "2024-01-03T00:00:00.500Z", "score": "1.5"}
    assert group.get(FeatureNames=["score"]) == {"score": "1.5"}
    assert group.get("nobody") == {}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"id": "a", "age": "1.0"}, "age"),
        ({"id": "a", "age": "9223372036854775808"}, "age"),
        ({"id": "a", "score": "much"}, "score"),
        ({"id": "a", "score": "nan"}, "score"),
        ({"id": "a", "other": "x"}, "other"),
        ({"age": "1"}, "record identifier"),
        ({"id": "a", "time": "2024-02-31T00:00:00Z"}, "ISO-8601"),
        ({"id": "a", "time": "yesterday"}, "ISO-8601"),
        ({"id": "a", "TargetStores": ["OfflineStore"]}, "OfflineStore"),
    ],
)
def test_values_are_checked(group: Group, values: dict[str, Any], text: str) -> None:
    code, message = error(group.put, **values)
    assert code == "ValidationError"
    assert text in message
    assert group.get() == {}


def test_soft_delete_leaves_its_time_and_hard_delete_nothing(group: Group) -> None:
    group.put("2024-01-02T00:00:00Z", id="a", age="2")
    group.delete("2024-01-01T00:00:00Z")
    assert group.get()["age"] == "2"
    group.delete("2024-01-04T00:00:00Z")
    assert group.get() == {}
    group.put("2024-01-03T00:00:00Z", id="a", age="3")
    assert group.get() == {}
    names = {"FeatureGroupName": group.name}
    assert group.runtime.list_records(**names)["RecordIdentifiers"] == []
    assert group.runtime.list_records(**names, IncludeSoftDeletedRecords=True)["RecordIdentifiers"] == ["a"]
    group.put("2024-01-05T00:00:00Z", id="a", age="5")
    code, message = error(group.delete, "2024-01-05T00:00:00Z", DeletionMode="HardDelete")
    assert (code, "EventTime" in message) == ("ValidationError", True)
    group.delete("2024-01-06T00:00:00Z", DeletionMode="HardDelete")
    group.put("2024-01-03T00:00:00Z", id="a", age="3")
    assert group.get()["age"] == "3"


def test_time_to_live(client: Client) -> None:
    ttl = {"Unit": "Hours", "Value": 1}
    group = Group(client, OnlineStoreConfig={"EnableOnlineStore": True, "TtlDuration": ttl})
    now = datetime.now(UTC).replace(microsecond=0)
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    group.put((now - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ"), id="late")
    group.put(stamp, id="a")
    group.put(stamp, id="b", TtlDuration={"Unit": "Days", "Value": 2})
    assert group.get("late") == {}

    def expires(id: str) -> datetime:
        place = {"FeatureGroupName": group.name, "RecordIdentifierValueAsString": id}
        text = group.runtime.get_record(**place, ExpirationTimeResponse="Enabled")["ExpiresAt"]
        return datetime.fromisoformat(text)

    assert expires("a") == now + timedelta(hours=1)
    assert expires("b") == now + timedelta(days=2)
    group.sagemaker.update_feature_group(FeatureGroupName=group.name, OnlineStoreConfig={"TtlDuration": {}})
    assert "TtlDuration" not in group.describe()["OnlineStoreConfig"]


def test_batches(group: Group) -> None:
    def entry(id: str, age: str) -> dict[str, Any]:
        values = {"id": id, "EventTime": "2024-01-01T00:00:00Z", "age": age}
        record = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
        return {"FeatureGroupName": group.name, "Record": record}

    written = group.runtime.batch_write_record(Entries=[entry("a", "1"), entry("b", "no"), entry("c", "3")])
    assert [error["ErrorCode"] for error in written["Errors"]] == ["ValidationError"]
    asked = {"FeatureGroupName": group.name, "RecordIdentifiersValueAsString": ["a", "b", "c"], "FeatureNames": ["age"]}
    gone = {"FeatureGroupName": "no-such-group", "RecordIdentifiersValueAsString": ["x"]}
    found = group.runtime.batch_get_record(Identifiers=[asked, gone])
    values = {one["RecordIdentifierValueAsString"]: one["Record"][0]["ValueAsString"] for one in found["Records"]}
    assert values == {"a": "1", "c": "3"}
    assert [error["FeatureGroupName"] for error in found["Errors"]] == ["no-such-group"]
    page = group.runtime.list_records(FeatureGroupName=group.name, MaxResults=1)
    rest = group.runtime.list_records(FeatureGroupName=group.name, NextToken=page["NextToken"])
    assert page["RecordIdentifiers"] + rest["RecordIdentifiers"] == ["a", "c"]
    assert error(group.runtime.list_records, FeatureGroupName=group.name, NextToken="x")[0] == "ValidationError"


def test_update_of_single_features_and_collections(client: Client) -> None:
    vector = {"CollectionType": "Vector", "CollectionConfig": {"VectorConfig": {"Dimension": 2}}}
    definitions = [*DEFINITIONS, {"FeatureName": "v", "FeatureType": "Fractional", **vector}]
    config = {"EnableOnlineStore": True, "StorageType": "InMemory"}
    group = Group(client, OnlineStoreConfig=config, FeatureDefinitions=definitions)
    place = {"FeatureGroupName": group.name, "RecordIdentifierValueAsString": "a"}
    age = [{"FeatureName": "age", "ValueAsString": "7"}]
    assert error(group.runtime.update_record, **place, Features=age)[0] == "ResourceNotFound"
    group.put("2024-01-02T00:00:00Z", id="a", age="1", score="2.5")
    group.runtime.update_record(**place, Features=[*age, {"FeatureName": "v", "ValueAsStringList": ["1.0", "2"]}])
    record = group.runtime.get_record(**place)["Record"]
    assert {entry["FeatureName"]: entry.get("ValueAsStringList", entry.get("ValueAsString")) for entry in record} == {
        "id": "a",
        "EventTime": "2024-01-02T00:00:00Z",
        "age": "7",
        "score": "2.5",
        "v": ["1.0", "2"],
    }
    old = [{"FeatureName": "EventTime", "ValueAsString": "2024-01-01T00:00:00Z"}]
    assert error(group.runtime.update_record, **place, Features=old)[0] == "ConflictException"
    short = [{"FeatureName": "v", "ValueAsStringList": ["1.0"]}]
    assert "dimensions" in error(group.runtime.update_record, **place, Features=short)[1]


def test_what_gets_to_the_offline_store(both: Group) -> None:
    both.put("2024-01-02T03:04:05Z", id="a", age="1", score="0.5")
    both.put("2024-01-02T03:30:00Z", id="b", age="2")
    both.put("2023-12-31T23:59:59Z", id="a", age="0")
    both.put("2024-01-02T03:04:05Z", id="online-only", TargetStores=["OnlineStore"])
    both.delete("2024-01-03T00:00:00Z", "b")
    wait_until(lambda: len(both.rows()) == 4)
    rows = {(row["id"], row["EventTime"]): row for row in both.rows()}
    first, deleted = rows["a", "2024-01-02T03:04:05Z"], rows["b", "2024-01-03T00:00:00Z"]
    assert list(first) == ["id", "EventTime", "age", "score", "write_time", "api_invocation_time", "is_deleted"]
    assert (first["age"], first["score"], first["is_deleted"]) == (1, 0.5, False)
    assert (deleted["age"], deleted["is_deleted"]) == (None, True)
    assert first["api_invocation_time"] <= first["write_time"]
    place = re.compile(r".*/data/(year=\d{4}/month=\d\d/day=\d\d/hour=\d\d)/(\d{8}T\d{6}Z)_[A-Za-z0-9]{16}\.parquet")
    found = sorted(match.groups() for match in map(place.fullmatch, both.files()) if match)
    assert [partition for partition, _ in found] == sorted(partition for partition, _ in found)
    assert ("year=2023/month=12/day=31/hour=23", "20231231T235959Z") in found


def test_what_parquet_could_not_hold_is_refused_at_once(client: Client, bucket: str) -> None:
    definitions = [
        {"FeatureName": "id", "FeatureType": "Integral"},
        {"FeatureName": "EventTime", "FeatureType": "Fractional"},
    ]
    group = Group(client, FeatureDefinitions=definitions, **ONLINE, **offline(bucket))
    assert error(group.put, "1e20", id="1")[0] == "ValidationError"
    assert error(group.delete, "1700000000", "no-number")[0] == "ValidationError"
    assert error(group.delete, "later", "1")[0] == "ValidationError"
    group.put("1700000000.5", id="1", TtlDuration={"Unit": "Weeks", "Value": 2147483647})
    wait_until(group.rows)
    assert [(row["id"], row["EventTime"]) for row in group.rows()] == [(1, 1700000000.5)]
    place = {"FeatureGroupName": group.name, "RecordIdentifierValueAsString": "1"}
    assert group.runtime.get_record(**place, ExpirationTimeResponse="Enabled")["ExpiresAt"].startswith("9999-12-31")


def test_a_bucket_that_goes_blocks_only_its_group(both: Group, client: Client, bucket: str) -> None:
    client("s3").delete_bucket(Bucket=bucket)
    both.put(id="a")
    wait_until(lambda: both.describe()["OfflineStoreStatus"]["Status"] == "Blocked")
    client("s3").create_bucket(Bucket=bucket)
    both.put(id="b")
    wait_until(lambda: len(both.rows()) == 2)
    assert both.describe()["OfflineStoreStatus"] == {"Status": "Active"}


def test_deleting_a_group_keeps_the_offline_store(both: Group) -> None:
    place = both.describe()["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    both.put(id="a")
    both.sagemaker.delete_feature_group(FeatureGroupName=both.name)
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    assert both.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 1
    code, message = error(both.put, id="a")
    assert (code, both.name in message) == ("ValidationError", True)
    assert error(both.get)[0] == "ResourceNotFound"


def test_what_is_put_while_a_group_is_deleted_is_kept_once(start_server: Start) -> None:
    server = start_server("--pace", "0")
    server.client("s3").create_bucket(Bucket="racing")
    group = Group(server.client, **ONLINE, **offline("racing"))
    group.files()
    acknowledged: list[str] = []

    def put_on(writer: int) -> None:
        for number in count():
            entries = [group.entry(f"{writer}-{number}-{place}") for place in range(25)]
            refused = group.runtime.batch_write_record(Entries=entries)["Errors"]
            ids = [entry["Record"][0]["ValueAsString"] for entry in entries]
            lost = {error["Entry"]["Record"][0]["ValueAsString"] for error in refused}
            acknowledged.extend(id for id in ids if id not in lost)
            if lost:  # the group is gone
                return

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(put_on, writer) for writer in range(4)]
        wait_until(lambda: len(acknowledged) > 100)
        group.sagemaker.delete_feature_group(FeatureGroupName=group.name)
        for writer in writers:
            writer.result()
    wait_until(lambda: len(group.rows()) >= len(acknowledged))
    assert sorted(row["id"] for row in group.rows()) == sorted(acknowledged)


def test_new_features_and_their_metadata(both: Group) -> None:
    names = {"FeatureGroupName": both.name}
    both.sagemaker.update_feature_group(**names, FeatureAdditions=[{"FeatureName": "new", "FeatureType": "Integral"}])
    both.put(id="a", new="5")
    assert both.get()["new"] == "5"
    assert both.describe()["LastUpdateStatus"] == {"Status": "Successful"}
    feature = names | {"FeatureName": "new"}
    added = [{"Key": "team", "Value": "one"}, {"Key": "x", "Value": "y"}]
    both.sagemaker.update_feature_metadata(**feature, Description="what it is", ParameterAdditions=added)
    both.sagemaker.update_feature_metadata(**feature, ParameterRemovals=["x"])
    found = both.sagemaker.describe_feature_metadata(**feature)
    assert (found["Description"], found["Parameters"]) == ("what it is", added[:1])
    assert found["FeatureType"] == "Integral"
    missing = names | {"FeatureName": "missing"}
    assert error(both.sagemaker.describe_feature_metadata, **missing)[0] == "ResourceNotFound"


def test_no_row_is_lost_or_doubled_by_a_kill(start_server: Start) -> None:
    import os
    import signal

    server = start_server()
    server.client("s3").create_bucket(Bucket="killed")
    group = Group(server.client, **ONLINE, **offline("killed"))
    for number in range(40):
        group.put(id=str(number))
    os.kill(server.pid, signal.SIGKILL)
    again = start_server(data_dir=server.data_dir)
    group.sagemaker, group.s3 = again.client("sagemaker"), again.client("s3")
    wait_until(lambda: len(group.rows()) >= 40)
    assert sorted(row["id"] for row in group.rows()) == sorted(map(str, range(40)))


def test_throughput_is_provisioned_or_on_demand(client: Client) -> None:
    group = Group(client)
    assert group.describe()["ThroughputConfig"] == {"ThroughputMode": "OnDemand"}

    def update(**config: Any) -> dict[str, Any]:
        group.sagemaker.update_feature_group(FeatureGroupName=group.name, ThroughputConfig=config)
        return dict(group.describe()["ThroughputConfig"])

    provisioned = {"ThroughputMode": "Provisioned", "ProvisionedReadCapacityUnits": 2}
    assert update(**provisioned) == provisioned
    assert update(ProvisionedWriteCapacityUnits=3) == {**provisioned, "ProvisionedWriteCapacityUnits": 3}
    assert update(ThroughputMode="OnDemand") == {"ThroughputMode": "OnDemand"}
    units = {"FeatureGroupName": group.name, "ThroughputConfig": {"ProvisionedReadCapacityUnits": 2}}
    assert error(group.sagemaker.update_feature_group, **units)[0] == "ValidationException"
