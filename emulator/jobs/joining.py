"""DataProcessing of a batch transform: filter what the model gets, join its answer to the input, filter the result.

The rules of AWS ("Associate prediction results with input records"): the *unfiltered* input is joined; a CSV row gets
the answer's columns appended; a JSON object gets the answer as ``SageMakerOutput``; any other JSON value becomes
``{"SageMakerInput": ..., "SageMakerOutput": ...}``. Joined records need an answer each. Pure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from emulator.jobs.base import JobFailed
from emulator.jobs.jsonpath import Step, compile_path
from emulator.jobs.splitting import Batch, answers


@dataclass(frozen=True, slots=True)
class Processing:
    """One job's DataProcessing, compiled. ``None`` filters mean ``$``: bytes pass as they are."""

    input_filter: Step | None
    output_filter: Step | None
    join: bool
    input_csv: bool
    output_csv: bool

    @property
    def by_record(self) -> bool:
        """Whether answers must be taken apart into records."""
        return self.join or self.output_filter is not None

    def outgoing(self, batch: Batch) -> Batch:
        """The records as the model gets them."""
        if self.input_filter is None:
            return batch
        return [dump(self.input_filter(load(record, self.input_csv)), self.input_csv) for record in batch]

    def incoming(self, batch: Batch, body: bytes) -> bytes:
        """What goes to the output for a batch and the model's answer to it. Raises JobFailed on a mismatch."""
        if not self.by_record:
            return body
        found = answers(body, batch)
        if found is None:
            raise JobFailed(
                f"ClientError: Can not join or filter: the model answered {len(body.splitlines())} records "
                f"for {len(batch)} input records"
            )
        return b"\n".join(self._one(record, answer) for record, answer in zip(batch, found, strict=True))

    def _one(self, record: bytes, answer: bytes) -> bytes:
        value = load(answer, self.output_csv)
        if self.join:
            value = joined(load(record, self.input_csv), value, self.output_csv)
        return dump(self.output_filter(value) if self.output_filter else value, self.output_csv)


def compile_processing(spec: Mapping[str, str], content_type: str, accept: str) -> Processing:
    """From the API's DataProcessing, TransformInput.ContentType and TransformOutput.Accept. Raises JobFailed."""
    join = spec.get("JoinSource", "None") == "Input"
    input_csv, output_csv = "csv" in content_type, "csv" in (accept or content_type)
    if join and input_csv != output_csv:
        raise JobFailed(
            f"ClientError: JoinSource Input needs input and output of one format, not {content_type} and {accept}"
        )
    return Processing(_filter(spec, "InputFilter"), _filter(spec, "OutputFilter"), join, input_csv, output_csv)


def _filter(spec: Mapping[str, str], name: str) -> Step | None:
    return None if spec.get(name, "$") == "$" else compile_path(spec[name])


def joined(record: Any, answer: Any, as_csv: bool) -> Any:
    """One record with its answer."""
    if as_csv:
        return [*record, *answer]
    if isinstance(record, dict):
        return {**record, "SageMakerOutput": answer}
    return {"SageMakerInput": record, "SageMakerOutput": answer}


def load(record: bytes, as_csv: bool) -> Any:
    """A CSV row as a list of its columns' texts, or a JSON value. Raises JobFailed."""
    try:
        if as_csv:
            return next(csv.reader([record.decode()]), [])
        return orjson.loads(record)
    except (UnicodeDecodeError, csv.Error, orjson.JSONDecodeError) as error:
        kind = "CSV" if as_csv else "JSON"
        raise JobFailed(f"ClientError: A record is not {kind}: {record[:100]!r}: {error}") from error


def dump(value: Any, as_csv: bool) -> bytes:
    """The record's bytes; a single column may come as itself."""
    if not as_csv:
        return orjson.dumps(value)
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow(value if isinstance(value, list) else [value])
    return row.getvalue().encode()
