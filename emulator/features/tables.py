"""Tables of the data catalogue that we own: those of feature groups, and those a query made in the same databases.

A record of kind ``GlueTable`` (name ``<database>.<table>``, parent the database) holds what Glue tells of a table.
Names are kept in lower case, as Glue and Athena do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.arns import Scope, now
from emulator.features import layout
from emulator.store import Exists, Query

if TYPE_CHECKING:
    from emulator.store import Store

KIND = "GlueTable"
ADDED = (("write_time", "timestamp"), ("api_invocation_time", "timestamp"), ("is_deleted", "boolean"))
PARQUET = "parquet"
CSV = "csv"

Record = dict[str, Any]

_TYPES = {"Integral": "bigint", "Fractional": "double", "String": "string"}


def owns(store: Store, scope: Scope, database: str) -> bool:
    """Whether a database is ours: Feature Store's own, or one that has a table of ours."""
    name = database.lower()
    return name == layout.DATABASE or bool(store.records.list(scope, KIND, Query(parent=name, limit=1)).items)


def get(store: Store, scope: Scope, database: str, table: str) -> Record | None:
    """A table, or ``None``."""
    return store.records.get(scope, KIND, _name(database, table))


def every(store: Store, scope: Scope, database: str) -> list[Record]:
    """The tables of a database by name."""
    query = Query(parent=database.lower(), sort="name", descending=False)
    return [stored.record for stored in store.records.each(scope, KIND, query)]


def add(store: Store, scope: Scope, table: Record) -> bool:
    """Store a table made by a query; False when there is one of that name."""
    database = table["DatabaseName"]
    try:
        store.records.insert(scope, KIND, _name(database, table["Name"]), table, parent=database)
    except Exists:
        return False
    return True


def add_group(store: Store, scope: Scope, group: Mapping[str, Any]) -> None:
    """Store the table of a new feature group."""
    offline = group["OfflineStoreConfig"]
    config, location = offline["DataCatalogConfig"], offline["S3StorageConfig"]["ResolvedOutputS3Uri"]
    table = new(config["Database"], config["TableName"], columns(group["FeatureDefinitions"]), location, PARQUET)
    add(store, scope, table | {"PartitionKeys": [{"Name": name, "Type": "string"} for name in layout.PARTITIONS]})


def set_columns(
    store: Store, scope: Scope, database: str, table: str, definitions: Sequence[Mapping[str, Any]]
) -> None:
    """Give a group's table the columns of new features."""
    store.records.update(scope, KIND, _name(database, table), {"Columns": columns(definitions)})


def remove(store: Store, scope: Scope, database: str, table: str) -> bool:
    """Forget a table; its data stays. Whether there was one."""
    return store.records.delete(scope, KIND, _name(database, table))


def new(database: str, name: str, fields: Sequence[Record], location: str, form: str, **more: Any) -> Record:
    """A table as it is stored. ``form`` is ``parquet`` or ``csv``."""
    time = now()
    return {
        "DatabaseName": database.lower(),
        "Name": name.lower(),
        "Columns": list(fields),
        "PartitionKeys": [],
        "Location": location,
        "Format": form,
        "CreateTime": time,
        "CreationTime": time,
        **more,
    }


def columns(definitions: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Glue's columns of a group's features, in order, then the three that Feature Store adds."""
    features = [(entry["FeatureName"].lower(), _type(entry)) for entry in definitions]
    return [{"Name": name, "Type": kind} for name, kind in (*features, *ADDED)]


def _type(definition: Mapping[str, Any]) -> str:
    kind = _TYPES[definition["FeatureType"]]
    return f"array<{kind}>" if "CollectionType" in definition else kind


def _name(database: str, table: str) -> str:
    return f"{database.lower()}.{table.lower()}"
