"""Selective execution: only the selected steps run; the others lend their results from an earlier execution.

Every step that is not selected but succeeded in the source execution is listed with ``SelectiveExecutionResult``;
one that did not run there does not run here either.
"""

from __future__ import annotations

from emulator.aws.call import Call
from emulator.errors import not_found, validation
from emulator.pipelines import graph, steps
from emulator.pipelines.definition import parse
from emulator.pipelines.ledger import EXECUTION, STEP, Ledger, step_key
from emulator.services import Services
from handlers.sagemaker.pipelines.records import Record


def reused(call: Call, services: Services, execution: Record) -> list[Record]:
    """The step records to take over; empty when the call selects nothing. ``ValidationException`` when one lacks."""
    config = call.params.get("SelectiveExecutionConfig")
    if not config:
        return []
    definition = parse(execution["_Definition"], steps.types())
    selected = {item["StepName"] for item in config["SelectedSteps"]}
    unknown = sorted(selected - definition.steps.keys())
    if unknown:
        raise validation(f"Selected steps {unknown} are not in the pipeline definition.")
    source = config.get("SourcePipelineExecutionArn", "")
    lent = _succeeded(call, services, source) if source else {}
    needs = graph.needs(definition)
    missing = sorted({other for name in selected for other in needs[name]} - selected - lent.keys())
    if missing:
        raise validation(f"Steps {missing} are needed by the selected steps and did not succeed in '{source}'.")
    result = {"SelectiveExecutionResult": {"SourcePipelineExecutionArn": source}}
    return [record | result for name, record in lent.items() if name not in selected and name in definition.steps]


def store(call: Call, services: Services, arn: str, records: list[Record]) -> None:
    """Insert the records as steps of the new execution."""
    for record in records:
        key = step_key(arn, record["StepName"])
        services.store.records.insert(call.scope, STEP, key, record, status="Succeeded", parent=arn)


def _succeeded(call: Call, services: Services, source: str) -> dict[str, Record]:
    if services.store.records.get(call.scope, EXECUTION, source) is None:
        raise not_found(f"Pipeline execution with ARN '{source}' does not exist.")
    found = Ledger(services.store, call.scope, source).steps()
    return {name: record for name, record in found.items() if record["StepStatus"] == "Succeeded"}
