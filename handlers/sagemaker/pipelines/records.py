"""Finding pipelines, versions and executions, and what the service says when they are not there.

Kinds of records: ``Pipeline`` (by name), ``PipelineVersion`` (``<name>#<number>``, parent the pipeline's name), and
the runner's ``PipelineExecution`` (by ARN, parent the pipeline's name) and ``PipelineExecutionStep``. Names may be
given as ARNs wherever the model says ``PipelineNameOrArn``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emulator import arns
from emulator.arns import Scope
from emulator.aws.call import Call
from emulator.errors import not_found
from emulator.pipelines.ledger import EXECUTION
from emulator.services import Services
from emulator.store import Query, Stored

Record = dict[str, Any]
PIPELINE = "Pipeline"
VERSION = "PipelineVersion"
ALIASES = "PipelineVersionAliases"
PAGE = 10


def pipeline_arn(scope: Scope, name: str) -> str:
    """``arn:aws:sagemaker:...:pipeline/<name>``, the name in the case it was given."""
    return arns.arn(scope, f"pipeline/{name}")


def version_key(name: str, number: int) -> str:
    """The name of a version's record."""
    return f"{name}#{number:08d}"


def find_pipeline(call: Call, services: Services, member: str = "PipelineName") -> tuple[str, Record]:
    """Name and record of the pipeline a call names; ``ResourceNotFound``."""
    name = arns.own(call.scope, call.params[member], "pipeline")
    record = services.store.records.get(call.scope, PIPELINE, name)
    if record is None:
        raise not_found(f"Pipeline '{arns.of(call.scope, 'pipeline', name)}' does not exist.")
    return name, record


def find_version(call: Call, services: Services, name: str, number: int) -> Record:
    """One version's record; ``ResourceNotFound``."""
    record = services.store.records.get(call.scope, VERSION, version_key(name, number))
    if record is None:
        raise not_found(f"Pipeline '{pipeline_arn(call.scope, name)}' does not have version {number}.")
    return record


def version_number(call: Call, services: Services, name: str, pipeline: Record) -> int:
    """The version a call means, by number or alias; the latest where it names none. ``ResourceNotFound``."""
    alias = call.params.get("PipelineVersionAlias")
    if "PipelineVersionId" in call.params or alias is None:
        return int(call.params.get("PipelineVersionId") or pipeline["_Version"])
    for version in children(call, services, VERSION, name):
        if alias in version.record.get(ALIASES, ()):
            return int(version.record["PipelineVersionId"])
    raise not_found(f"Pipeline '{pipeline_arn(call.scope, name)}' does not have a version with alias {alias}.")


def find_execution(call: Call, services: Services) -> tuple[str, Record]:
    """ARN and record of the execution a call names; ``ResourceNotFound``."""
    arn = call.params["PipelineExecutionArn"]
    record = services.store.records.get(call.scope, EXECUTION, arn)
    if record is None:
        raise not_found(f"Pipeline execution with ARN '{arn}' does not exist.")
    return arn, record


def query(call: Call, *, limit: int = PAGE, descending: bool = True, **more: Any) -> Query:
    """The Query of a List call: times, order, page. ``more`` is the caller's."""
    params = call.params
    order = params.get("SortOrder")
    return Query(
        created_after=params.get("CreatedAfter"),
        created_before=params.get("CreatedBefore"),
        descending=order == "Descending" if order else descending,
        limit=params.get("MaxResults", limit),
        token=params.get("NextToken"),
        **more,
    )


def children(call: Call, services: Services, kind: str, parent: str) -> Iterator[Stored]:
    """All records of a kind under a parent, newest first."""
    return services.store.records.each(call.scope, kind, Query(parent=parent))
