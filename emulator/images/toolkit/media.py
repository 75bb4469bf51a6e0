"""Content types: what a header says, and payloads as numpy arrays and back.

Forms are those of AWS's framework containers: CSV has no header; JSON is any nesting numpy can make an array of; an
array goes out as one line per row.
"""

from __future__ import annotations

import io
import json
from typing import Any

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"
NPY = "application/x-npy"
LIBSVM = "text/libsvm"
X_LIBSVM = "text/x-libsvm"
PARQUET = "application/x-parquet"
TEXTS = (CSV, JSON)


class UnsupportedType(Exception):
    """A content type nobody here reads (415) or writes (406)."""


def plain(header: str | None) -> str:
    """``text/csv; charset=utf-8`` -> ``text/csv``."""
    return (header or "").partition(";")[0].strip().lower()


def to_array(body: bytes | str, content_type: str) -> Any:
    """A payload as a numpy array; rows of CSV always as a table, also a single one. Raises :class:`UnsupportedType`."""
    import numpy

    if content_type == NPY:
        return numpy.load(io.BytesIO(_bytes(body)), allow_pickle=False)
    if content_type == JSON:
        return numpy.array(json.loads(body))
    if content_type == CSV:
        rows = [line for line in _text(body).splitlines() if line.strip()]
        return numpy.genfromtxt(io.StringIO("\n".join(rows)), delimiter=",", dtype=float).reshape(len(rows), -1)
    raise UnsupportedType(f"Content-Type {content_type!r} is not supported here; send {CSV}, {JSON} or {NPY}")


def from_array(values: Any, accept: str) -> bytes:
    """An array, list or anything with ``tolist`` in the form asked for. Raises :class:`UnsupportedType`."""
    if accept == JSON:
        return json.dumps(values, default=_listed).encode()
    if accept == JSON_LINES:
        return b"".join(json.dumps(row, default=_listed).encode() + b"\n" for row in _listed(values))
    if accept not in {CSV, NPY}:
        raise UnsupportedType(f"Accept {accept!r} is not supported here; ask for {JSON}, {CSV} or {NPY}")
    import numpy

    buffer = io.BytesIO()
    if accept == NPY:
        numpy.save(buffer, numpy.asarray(values))
    else:
        numpy.savetxt(buffer, numpy.asarray(values), delimiter=",", fmt="%s")
    return buffer.getvalue()


def _listed(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _text(body: bytes | str) -> str:
    return body.decode("utf-8") if isinstance(body, bytes) else body


def _bytes(body: bytes | str) -> bytes:
    return body.encode("utf-8") if isinstance(body, str) else body
