"""Starting, stopping, retrying and describing executions of pipelines.

DescribePipelineExecution on a running execution is held (holding.py): the SDK's ``wait()`` asks every 30 s.
"""

from __future__ import annotations

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import EXECUTES, operation
from emulator.errors import ServiceError
from emulator.pipelines import parameters, steps, variables
from emulator.pipelines.definition import parse
from emulator.pipelines.ledger import EXECUTION, RUNNING, STEP
from emulator.services import Services
from emulator.store import Exists
from handlers.sagemaker.holding import hold
from handlers.sagemaker.pipelines import selective
from handlers.sagemaker.pipelines.records import (
    PIPELINE,
    VERSION,
    Record,
    children,
    find_execution,
    find_pipeline,
    find_version,
    version_key,
    version_number,
)
from handlers.sagemaker.pipelines.versions import with_aliases

TOKEN = "PipelineExecutionToken"
OWN = (
    "PipelineExecutionDisplayName",
    "PipelineExecutionDescription",
    "ParallelismConfiguration",
    "SelectiveExecutionConfig",
)
STATUS = "PipelineExecutionStatus"


@operation("sagemaker", "StartPipelineExecution", does=EXECUTES)
def start(call: Call, services: Services) -> Record:
    """Check the parameters, store the execution, hand it to the runner; the ARN returns at once.

    The same ClientRequestToken for the same pipeline gives the execution it started before.
    """
    name, pipeline = find_pipeline(call, services)
    token = f"{name}#{call.params.get('ClientRequestToken') or arns.request_id()}"
    earlier = services.store.records.get(call.scope, TOKEN, token)
    if earlier:
        return earlier
    record = _fresh(call, services, name, pipeline)
    arn = record["PipelineExecutionArn"]
    reused = selective.reused(call, services, record)
    try:
        with services.store.transaction():
            records = services.store.records
            records.insert(call.scope, TOKEN, token, {"PipelineExecutionArn": arn}, parent=arn)
            records.insert(call.scope, EXECUTION, arn, record, arn=arn, status="Executing", parent=name)
            records.update(call.scope, PIPELINE, name, {"LastRunTime": record["CreationTime"]}, touch=False)
            ran = {"LastExecutionPipelineExecutionArn": arn}
            records.update(call.scope, VERSION, version_key(name, record["PipelineVersionId"]), ran, touch=False)
            selective.store(call, services, arn, reused)
    except Exists:  # the same token, twice at once: the other call won
        return services.store.records.get(call.scope, TOKEN, token) or {}
    services.runner.start(call.scope, arn)
    return {"PipelineExecutionArn": arn}


def _fresh(call: Call, services: Services, name: str, pipeline: Record) -> Record:
    number = version_number(call, services, name, pipeline)
    text = find_version(call, services, name, number)["PipelineDefinition"]
    definition = parse(text, steps.types())
    values = parameters.bind(definition, call.params.get("PipelineParameters", []))
    now, identity = arns.now(), arns.short_id()
    record: Record = {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{identity}",
        "PipelineExecutionDisplayName": f"execution-{int(now * 1000)}",
        STATUS: "Executing",
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "PipelineVersionId": number,
        "RoleArn": call.params.get("RoleArn", pipeline["RoleArn"]),
        "_PipelineName": name,
        "_Definition": text,
        "_Parameters": parameters.texts(values),
    }
    if "ParallelismConfiguration" in pipeline:
        record["ParallelismConfiguration"] = pipeline["ParallelismConfiguration"]
    record.update({member: call.params[member] for member in OWN if member in call.params})
    experiment = variables.experiment(definition, record)
    return record | ({"PipelineExperimentConfig": experiment} if experiment else {})


@operation("sagemaker", "DescribePipelineExecution")
def describe(call: Call, services: Services) -> Record:
    """The execution; held while it runs."""
    arn, record = find_execution(call, services)
    return with_aliases(call, services, hold(call, services, EXECUTION, arn, record, RUNNING, STATUS))


@operation("sagemaker", "DescribePipelineDefinitionForExecution")
def describe_definition(call: Call, services: Services) -> Record:
    """The definition this execution runs, whatever the pipeline has become since."""
    _, record = find_execution(call, services)
    return {"PipelineDefinition": record["_Definition"], "CreationTime": record["CreationTime"]}


@operation("sagemaker", "StopPipelineExecution", does=EXECUTES)
def stop(call: Call, services: Services) -> Record:
    """Ask the runner to stop what runs; the execution is Stopping until its steps have ended."""
    arn, _ = find_execution(call, services)

    def stopping(record: Record) -> Record | None:
        if record[STATUS] not in RUNNING:
            raise _conflict(arn, record, "stopped")
        return {STATUS: "Stopping"} if record[STATUS] == "Executing" else None

    services.store.records.update(call.scope, EXECUTION, arn, stopping, status="Stopping")
    services.runner.stop(call.scope, arn)
    return {"PipelineExecutionArn": arn}


@operation("sagemaker", "RetryPipelineExecution", does=EXECUTES)
def retry(call: Call, services: Services) -> Record:
    """Run a failed or stopped execution again from the steps that did not succeed."""
    arn, _ = find_execution(call, services)

    def again(record: Record) -> Record:
        if record[STATUS] not in {"Failed", "Stopped"}:
            raise _conflict(arn, record, "retried")
        limits = {member: call.params[member] for member in ("ParallelismConfiguration",) if member in call.params}
        return {STATUS: "Executing", "FailureReason": None, **limits}

    with services.store.transaction():
        services.store.records.update(call.scope, EXECUTION, arn, again, status="Executing")
        for step in list(children(call, services, STEP, arn)):
            if step.status != "Succeeded":
                services.store.records.delete(call.scope, STEP, step.name)
    services.runner.start(call.scope, arn)
    return {"PipelineExecutionArn": arn}


@operation("sagemaker", "UpdatePipelineExecution")
def update(call: Call, services: Services) -> Record:
    """Change the display name, the description or how many steps may run at once."""
    arn, _ = find_execution(call, services)
    changes = {member: call.params[member] for member in OWN if member in call.params}
    services.store.records.update(call.scope, EXECUTION, arn, changes)
    return {"PipelineExecutionArn": arn}


def _conflict(arn: str, record: Record, what: str) -> ServiceError:
    return ServiceError(
        "ConflictException",
        f"Pipeline execution with ARN '{arn}' is in status {record[STATUS]} and can not be {what}.",
    )
