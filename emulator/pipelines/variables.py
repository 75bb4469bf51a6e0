"""What references may refer to in an execution: its parameters, variables, experiment and ended steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from emulator.arns import Scope, now, tail
from emulator.jobs.base import Tools
from emulator.pipelines.definition import Definition
from emulator.pipelines.documents import read_json
from emulator.pipelines.expressions import Known, resolve
from emulator.pipelines.parameters import values


def known(
    tools: Tools, scope: Scope, execution: Mapping[str, Any], definition: Definition, properties: Mapping[str, Any]
) -> Known:
    """The facts at this moment; ``properties`` of ended steps by step name."""
    return Known(
        parameters=values(definition, execution["_Parameters"]),
        execution=variables(execution),
        properties=properties,
        steps=definition.steps,
        experiment=execution.get("PipelineExperimentConfig") or {},
        read=partial(read_json, tools.call, scope),
    )


def variables(execution: Mapping[str, Any]) -> dict[str, str]:
    """The Execution variables of a record. Times in ISO 8601; the service's own form is not documented."""
    return {
        "StartDateTime": _iso(execution["CreationTime"]),
        "CurrentDateTime": _iso(now()),
        "PipelineName": execution["_PipelineName"],
        "PipelineArn": execution["PipelineArn"],
        "PipelineExecutionId": tail(execution["PipelineExecutionArn"]),
        "PipelineExecutionArn": execution["PipelineExecutionArn"],
    }


def experiment(definition: Definition, execution: Mapping[str, Any]) -> dict[str, Any]:
    """The definition's PipelineExperimentConfig with its references resolved, for an execution about to start."""
    facts = Known(parameters=values(definition, execution["_Parameters"]), execution=variables(execution))
    return dict(resolve(dict(definition.experiment), facts))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
