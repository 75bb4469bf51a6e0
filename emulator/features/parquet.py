"""Rows of the offline store as a Parquet file: a column per feature, then the three that Feature Store adds.

pyarrow is an extra (``featurestore``) and costs 60 MB: it is imported by the first flush.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.store.features import Queued

MISSING = "The offline store needs pyarrow: pip install 'sagemaker-emulator[featurestore]'"

_PARSED: Mapping[str, Callable[[str], Any]] = {"Integral": int, "Fractional": float, "String": str}


def available() -> bool:
    """Whether pyarrow is installed; does not import it."""
    return importlib.util.find_spec("pyarrow") is not None


def encode(definitions: Sequence[Mapping[str, Any]], rows: Sequence[Queued], written: float) -> bytes:
    """A Parquet file of rows; ``definitions`` are FeatureDefinitions, ``written`` becomes ``write_time``."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {entry["FeatureName"]: _column(pa, entry, rows) for entry in definitions}
    moment = pa.timestamp("ms")
    columns["write_time"] = pa.array([_milliseconds(written)] * len(rows), moment)
    columns["api_invocation_time"] = pa.array([_milliseconds(row.called) for row in rows], moment)
    columns["is_deleted"] = pa.array([row.deleted for row in rows], pa.bool_())
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), sink, compression="snappy")
    return bytes(sink.getvalue())


def _milliseconds(time: float) -> int:
    return round(time * 1000)


def _column(pa: Any, definition: Mapping[str, Any], rows: Sequence[Queued]) -> Any:
    name, kind = definition["FeatureName"], definition["FeatureType"]
    parsed = _PARSED[kind]
    scalar = {"Integral": pa.int64(), "Fractional": pa.float64(), "String": pa.string()}[kind]
    texts = [row.values.get(name) for row in rows]
    if "CollectionType" in definition:
        items = [None if text is None else [parsed(item) for item in text] for text in texts]
        return pa.array(items, pa.list_(scalar))
    return pa.array([None if text is None else parsed(text) for text in texts], scalar)
