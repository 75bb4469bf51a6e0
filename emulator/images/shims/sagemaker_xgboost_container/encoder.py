"""Payloads to ``DMatrix``, for ``input_fn`` in users' inference scripts."""

from __future__ import annotations

import json
from typing import Any

from sagemaker_emulator_toolkit import media, xgboost_data


def csv_to_dmatrix(input: str | bytes, dtype: Any = None) -> Any:
    """Rows of features, no label."""
    return xgboost_data.payload(_bytes(input), media.CSV, 0)


def libsvm_to_dmatrix(string_like: str | bytes) -> Any:
    """libsvm rows, with or without a label in front."""
    return xgboost_data.payload(_bytes(string_like), media.LIBSVM, 0)


def decode(obj: str | bytes, content_type: str) -> Any:
    """By content type; raises ``UnsupportedType`` (415) for one nobody reads."""
    return xgboost_data.payload(_bytes(obj), media.plain(content_type), 0)


def json_to_jsonlines(json_data: str | dict[str, Any]) -> bytes:
    """The list inside a mapping of one member, as JSON lines."""
    data = json.loads(json_data) if isinstance(json_data, str) else json_data
    (rows,) = data.values()
    lines: bytes = media.from_array(rows, media.JSON_LINES)
    return lines


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
