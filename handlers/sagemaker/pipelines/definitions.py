"""CreatePipeline, UpdatePipeline, DeletePipeline, DescribePipeline, ListPipelines.

The SDK's ``upsert`` creates first and updates when it reads "already exists" in a ValidationException.
Creating makes version 1, each update one more.
"""

from __future__ import annotations

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError, validation
from emulator.pipelines import checks, documents, steps
from emulator.pipelines.ledger import EXECUTION, RUNNING, STEP
from emulator.services import Services
from emulator.store import Exists
from handlers.sagemaker.hooks import unique
from handlers.sagemaker.listing import answer
from handlers.sagemaker.pipelines.records import (
    ALIASES,
    PIPELINE,
    VERSION,
    Record,
    children,
    find_pipeline,
    find_version,
    pipeline_arn,
    query,
    version_key,
    version_number,
)
from handlers.sagemaker.pipelines.versions import aliases_are_free
from handlers.sagemaker.tags import check_tags

KEPT = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")


@operation("sagemaker", "CreatePipeline")
def create(call: Call, services: Services) -> Record:
    """Check the definition and store it as version 1. The same ClientRequestToken gives the same answer again."""
    name, token = call.params["PipelineName"], call.params.get("ClientRequestToken", "")
    earlier = services.store.records.get(call.scope, PIPELINE, name)
    if earlier and token and earlier.get("_Token") == token:
        return {"PipelineArn": earlier["PipelineArn"]}
    tags = call.params.get("Tags", [])
    check_tags(tags)
    record = _fresh(call, _definition(call, services), token)
    try:
        with services.store.transaction():
            services.store.records.insert(call.scope, PIPELINE, name, record, arn=record["PipelineArn"])
            _add_version(call, services, name, record)
            if tags:
                services.store.tags.add(record["PipelineArn"], tags)
    except Exists:
        raise validation(
            "Pipeline names must be unique within an AWS account and region. "
            f"Pipeline with name ({name}) already exists."
        ) from None
    return record


def _fresh(call: Call, definition: str, token: str) -> Record:
    now, name = arns.now(), call.params["PipelineName"]
    record: Record = {
        "PipelineName": name,
        "PipelineDisplayName": name,
        "PipelineArn": pipeline_arn(call.scope, name),
        "PipelineStatus": "Active",
        "PipelineDefinition": definition,
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "_Version": 1,
        "_Token": token,
    }
    return record | {member: call.params[member] for member in KEPT if member in call.params}


def _definition(call: Call, services: Services) -> str:
    """The definition's text, from the call or from S3, checked as a whole."""
    inline, place = call.params.get("PipelineDefinition"), call.params.get("PipelineDefinitionS3Location")
    if (inline is None) is (place is None):
        raise validation("Exactly one of PipelineDefinition and PipelineDefinitionS3Location must be given.")
    text = str(inline) if place is None else _from_s3(call, services, place)
    checks.read(text, {name: kind.check for name, kind in steps.types().items()})
    return text


def _from_s3(call: Call, services: Services, place: Record) -> str:
    try:
        body = documents.read_object(
            services.call, call.scope, place["Bucket"], place["ObjectKey"], place.get("VersionId", "")
        )
        return body.decode()
    except ServiceError as error:
        uri = f"s3://{place['Bucket']}/{place['ObjectKey']}"
        raise validation(f"Could not read the pipeline definition from {uri}: {error.message}") from error
    except UnicodeDecodeError as error:
        raise validation(f"The pipeline definition is not UTF-8 text: {error}.") from error


def _add_version(call: Call, services: Services, name: str, record: Record) -> None:
    number, aliases = record["_Version"], call.params.get(ALIASES, [])
    unique(aliases, ALIASES)
    aliases_are_free(call, services, name, aliases)
    version = {
        "PipelineArn": record["PipelineArn"],
        "PipelineVersionId": number,
        "CreationTime": record["LastModifiedTime"],
        "PipelineDefinition": record["PipelineDefinition"],
        **({ALIASES: aliases} if aliases else {}),
    }
    services.store.records.insert(call.scope, VERSION, version_key(name, number), version, parent=name)


@operation("sagemaker", "UpdatePipeline")
def update(call: Call, services: Services) -> Record:
    """Replace what is given; a new version."""
    name, _ = find_pipeline(call, services)
    changes = {member: call.params[member] for member in KEPT if member in call.params}
    if "PipelineDefinition" in call.params or "PipelineDefinitionS3Location" in call.params:
        changes["PipelineDefinition"] = _definition(call, services)
    with services.store.transaction():
        record = services.store.records.update(
            call.scope, PIPELINE, name, lambda old: changes | {"_Version": old["_Version"] + 1, "_Token": None}
        )
        if record is None:
            find_pipeline(call, services)  # it was deleted meanwhile: says so
            return {}
        _add_version(call, services, name, record)
    return {"PipelineArn": record["PipelineArn"], "PipelineVersionId": record["_Version"]}


@operation("sagemaker", "DeletePipeline")
def delete(call: Call, services: Services) -> Record:
    """Remove a pipeline with its versions and executions; refused while one of these runs."""
    name, record = find_pipeline(call, services)
    records = services.store.records
    with services.store.transaction():
        executions = list(children(call, services, EXECUTION, name))
        if any(item.record["PipelineExecutionStatus"] in RUNNING for item in executions):
            raise ServiceError(
                "ConflictException",
                f"Pipeline '{record['PipelineArn']}' has running executions. Stop them before deleting it.",
            )
        for execution in executions:
            for step in children(call, services, STEP, execution.name):
                records.delete(call.scope, STEP, step.name)
            records.delete(call.scope, EXECUTION, execution.name)
        for version in children(call, services, VERSION, name):
            records.delete(call.scope, VERSION, version.name)
        records.delete(call.scope, PIPELINE, name)
        services.store.tags.drop(record["PipelineArn"])
    return {"PipelineArn": record["PipelineArn"]}


@operation("sagemaker", "DescribePipeline")
def describe(call: Call, services: Services) -> Record:
    """The pipeline, as its latest or the given version has it."""
    name, record = find_pipeline(call, services)
    version = find_version(call, services, name, version_number(call, services, name, record))
    return record | {member: value for member, value in version.items() if member.startswith("Pipeline")}


@operation("sagemaker", "ListPipelines")
def list_(call: Call, services: Services) -> Record:
    """Pipelines, newest first unless asked otherwise. All are the customer's: AWS manages none here."""
    sort = "name" if call.params.get("SortBy") == "Name" else "created"
    prefix, owner = call.params.get("PipelineNamePrefix", ""), call.params.get("ManagedBy", "CUSTOMER")
    wanted = query(call, sort=sort, name_contains=prefix, also=owner)
    page = services.store.records.sift(
        call.scope, PIPELINE, wanted, lambda item: owner == "CUSTOMER" and item.name.startswith(prefix)
    )
    return answer("PipelineSummaries", page, _summary)


def _summary(record: Record) -> Record:
    return record | ({"LastExecutionTime": record["LastRunTime"]} if "LastRunTime" in record else {})
