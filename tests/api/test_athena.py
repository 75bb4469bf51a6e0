"""Athena and Glue: what is about a feature group's table is answered here, everything else by moto."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.aws import model
from handlers import athena, glue

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
DATABASE = "sagemaker_featurestore"

Client = Callable[..., Any]


class Table:
    """A feature group with an offline store, three rows, and the clients to query it."""

    def __init__(self, client: Client, *more: tuple[str, str]) -> None:
        self.name = f"group-{uuid.uuid4().hex[:12]}"
        self.bucket = f"athena-{uuid.uuid4().hex[:12]}"
        self.athena, self.glue, self.sagemaker = client("athena"), client("glue"), client("sagemaker")
        client("s3").create_bucket(Bucket=self.bucket)
        self.sagemaker.create_feature_group(
            FeatureGroupName=self.name,
            RecordIdentifierFeatureName="Id",
            EventTimeFeatureName="Time",
            FeatureDefinitions=[
                {"FeatureName": name, "FeatureType": kind}
                for name, kind in (("Id", "Integral"), ("Time", "String"), ("Note", "String"), *more)
            ],
            OfflineStoreConfig={"S3StorageConfig": {"S3Uri": f"s3://{self.bucket}/"}},
            RoleArn=ROLE,
        )
        while self.describe()["FeatureGroupStatus"] == "Creating":
            time.sleep(0.05)
        runtime = client("sagemaker-featurestore-runtime")
        for id, note in (("1", 'say "hi"'), ("2", "two, with a comma"), ("3", None)):
            given = {"Id": id, "Time": f"2024-01-0{id}T00:00:00Z", "Note": note}
            record = [{"FeatureName": name, "ValueAsString": value} for name, value in given.items() if value]
            runtime.put_record(FeatureGroupName=self.name, Record=record)
        self.table = self.describe()["OfflineStoreConfig"]["DataCatalogConfig"]["TableName"]

    def describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_feature_group(FeatureGroupName=self.name)
        return found

    def run(self, text: str, **more: Any) -> dict[str, Any]:
        """A finished query execution."""
        params = {
            "QueryString": text.replace("TABLE_NAME", self.table),
            "QueryExecutionContext": {"Database": DATABASE},
            "ResultConfiguration": {"OutputLocation": f"s3://{self.bucket}/results/"},
        }
        id = self.athena.start_query_execution(**params | more)["QueryExecutionId"]
        while True:
            found: dict[str, Any] = self.athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]
            if found["Status"]["State"] not in {"QUEUED", "RUNNING"}:
                return found

    def rows(self, text: str, **more: Any) -> list[list[str | None]]:
        """The rows of a query that succeeds, the columns' names first."""
        done = self.run(text, **more)
        assert done["Status"]["State"] == "SUCCEEDED", done["Status"]
        pages = self.athena.get_paginator("get_query_results").paginate(
            QueryExecutionId=done["QueryExecutionId"], PaginationConfig={"PageSize": 2}
        )
        found = [row for page in pages for row in page["ResultSet"]["Rows"]]
        return [[value.get("VarCharValue") for value in row["Data"]] for row in found]


@pytest.fixture(scope="module")
def table(client: Client) -> Table:
    return Table(client)


def test_a_query_sees_what_was_put_just_now(table: Table) -> None:
    assert table.rows('SELECT id, note, is_deleted FROM "TABLE_NAME" ORDER BY id') == [
        ["id", "note", "is_deleted"],
        ["1", 'say "hi"', "false"],
        ["2", "two, with a comma", "false"],
        ["3", None, "false"],
    ]


def test_a_feature_may_be_called_like_a_partition(client: Client) -> None:
    table = Table(client, ("year", "Integral"))
    assert table.rows("SELECT id, year FROM TABLE_NAME ORDER BY id")[1] == ["1", None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"SELECT count(*) FROM AwsDataCatalog.{DATABASE}.TABLE_NAME WHERE month = '01'", "3"),
        ("SELECT count(*) FROM TABLE_NAME WHERE from_iso8601_timestamp(time) >= from_unixtime(1704153600)", "2"),
        ("SELECT max(from_iso8601_timestamp(time)) FROM TABLE_NAME", "2024-01-03 00:00:00.000 UTC"),
        ("SELECT avg(id) * 1e9 FROM TABLE_NAME", "2.0E9"),
        ("WITH t AS (SELECT id FROM TABLE_NAME) SELECT array_agg(id ORDER BY id) FROM t", "[1, 2, 3]"),
        (
            "SELECT date_format(date_parse(substr(time, 1, 10), '%Y-%m-%d'), '%d.%m.%Y') FROM TABLE_NAME WHERE id = 2",
            "02.01.2024",
        ),
    ],
)
def test_athenas_functions(table: Table, text: str, value: str) -> None:
    assert table.rows(text)[1] == [value]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT nothing FROM TABLE_NAME", "nothing"),
        ("SELECT FROM WHERE", "SYNTAX_ERROR"),
        (f"SELECT * FROM {DATABASE}.no_such_table", "no_such_table"),
        ("SELECT * FROM read_csv('/etc/passwd')", "Cannot access file"),
        ("MSCK REPAIR TABLE TABLE_NAME", "MSCK"),
    ],
)
def test_queries_that_fail_say_why(table: Table, text: str, reason: str) -> None:
    status = table.run(text)["Status"]
    assert status["State"] == "FAILED"
    assert reason in status["StateChangeReason"]


def test_glue_knows_the_table(table: Table) -> None:
    found = table.glue.get_table(DatabaseName=DATABASE, Name=table.table)["Table"]
    columns = [(column["Name"], column["Type"]) for column in found["StorageDescriptor"]["Columns"]]
    assert columns[:3] == [("id", "bigint"), ("time", "string"), ("note", "string")]
    assert [key["Name"] for key in found["PartitionKeys"]] == ["year", "month", "day", "hour"]
    names = [entry["Name"] for entry in table.glue.get_tables(DatabaseName=DATABASE)["TableList"]]
    assert table.table in names
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        table.glue.get_table(DatabaseName=DATABASE, Name="no_such_table")


def test_the_rest_is_motos(table: Table) -> None:
    done = table.run("SELECT 1", QueryExecutionContext={"Database": "other"})
    assert done["Query"] == "SELECT 1"
    assert table.athena.list_work_groups()["WorkGroups"]


def test_no_output_location(table: Table) -> None:
    with pytest.raises(ClientError, match="No output location provided"):
        table.run("SELECT * FROM TABLE_NAME", ResultConfiguration={})


def test_the_operations_are_in_the_models() -> None:
    from emulator.aws import registry

    for module in (athena, glue):
        known = model.service(module.SERVICE).operation_names
        ours = [name for service, name in registry._handlers if service == module.SERVICE]
        assert ours
        assert set(ours) <= known
