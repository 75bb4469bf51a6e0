"""Glue: only the tables of Feature Store and of queries over them. Everything else is moto's.

AWS makes the table ``sagemaker_featurestore.<group>_<creation time>`` with a feature group and keeps it when the group
is deleted.
"""

from __future__ import annotations

from typing import Any

from emulator.aws.call import Call
from emulator.aws.registry import NotOurs, shared
from emulator.errors import ServiceError
from emulator.features import tables
from emulator.services import Services

SERVICE = "glue"

Record = dict[str, Any]

_PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
_CSV = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde"},
}
FORMATS = {tables.PARQUET: _PARQUET, tables.CSV: _CSV}


@shared(SERVICE, "GetDatabase")
def get_database(call: Call, services: Services) -> Record:
    """A database of ours."""
    name = _ours(call, services, call.params["Name"])
    return {"Database": {"Name": name, "CatalogId": call.scope.account}}


@shared(SERVICE, "GetTable")
def get_table(call: Call, services: Services) -> Record:
    """A table of ours."""
    database, name = _ours(call, services, call.params["DatabaseName"]), call.params["Name"]
    table = tables.get(services.store, call.scope, database, name)
    if table is None:
        raise _missing(name)
    return {"Table": _described(call, table)}


@shared(SERVICE, "GetTables")
def get_tables(call: Call, services: Services) -> Record:
    """All tables of a database of ours, on one page."""
    database = _ours(call, services, call.params["DatabaseName"])
    return {"TableList": [_described(call, table) for table in tables.every(services.store, call.scope, database)]}


@shared(SERVICE, "DeleteTable")
def delete_table(call: Call, services: Services) -> Record:
    """Forget a table of ours; its data stays in S3."""
    database, name = _ours(call, services, call.params["DatabaseName"]), call.params["Name"]
    if not tables.remove(services.store, call.scope, database, name):
        raise _missing(name)
    return {}


def _ours(call: Call, services: Services, database: str) -> str:
    if not tables.owns(services.store, call.scope, database):
        raise NotOurs
    return database.lower()


def _missing(name: str) -> ServiceError:
    return ServiceError("EntityNotFoundException", f"Entity Not Found: Table {name} not found.")


def _described(call: Call, table: Record) -> Record:
    storage = FORMATS[table["Format"]] | {"Columns": table["Columns"], "Location": table["Location"]}
    parameters = {"EXTERNAL": "TRUE", "classification": table["Format"]}
    more = {"StorageDescriptor": storage, "TableType": "EXTERNAL_TABLE", "Parameters": parameters}
    return (
        table
        | more
        | {"CatalogId": call.scope.account, "UpdateTime": table.get("LastModifiedTime", table["CreateTime"])}
    )
