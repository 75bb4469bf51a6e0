"""Lists about executions: ListPipelineExecutions, ListPipelineExecutionSteps, ListPipelineParametersForExecution."""

from __future__ import annotations

from operator import itemgetter

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import validation
from emulator.pipelines.ledger import EXECUTION, STEP
from emulator.services import Services
from handlers.sagemaker.listing import answer, slice_of
from handlers.sagemaker.pipelines.records import Record, find_execution, find_pipeline, query, version_number
from handlers.sagemaker.pipelines.versions import with_aliases

# The SDK's list_steps() reads only the first page (sagemaker 2.257): it should hold all of them.
STEPS_PAGE = 100


@operation("sagemaker", "ListPipelineExecutions")
def list_executions(call: Call, services: Services) -> Record:
    """A pipeline's executions, all or those of the version an alias means; newest first unless asked otherwise."""
    name, pipeline = find_pipeline(call, services)
    sort = "name" if call.params.get("SortBy") == "PipelineExecutionArn" else "created"
    if alias := call.params.get("PipelineVersionAlias", ""):
        number = version_number(call, services, name, pipeline)
        wanted = query(call, sort=sort, parent=name, also=alias)
        page = services.store.records.sift(
            call.scope, EXECUTION, wanted, lambda item: item.record["PipelineVersionId"] == number
        )
    else:
        page = services.store.records.list(call.scope, EXECUTION, query(call, sort=sort, parent=name))
    return answer("PipelineExecutionSummaries", page, lambda record: _summary(with_aliases(call, services, record)))


def _summary(record: Record) -> Record:
    found = record | {"StartTime": record["CreationTime"]}
    if "FailureReason" in record:
        found["PipelineExecutionFailureReason"] = record["FailureReason"]
    return found


@operation("sagemaker", "ListPipelineExecutionSteps")
def list_steps(call: Call, services: Services) -> Record:
    """The steps that have started, newest first unless asked otherwise."""
    if "PipelineExecutionArn" not in call.params:
        raise validation("PipelineExecutionArn must be given.")
    arn, _ = find_execution(call, services)
    page = services.store.records.list(call.scope, STEP, query(call, limit=STEPS_PAGE, parent=arn))
    return answer("PipelineExecutionSteps", page)


@operation("sagemaker", "ListPipelineParametersForExecution")
def list_parameters(call: Call, services: Services) -> Record:
    """All parameters with the values the execution has, defaults included; strings whatever their type."""
    _, record = find_execution(call, services)
    page, token = slice_of(record["_Parameters"], call.params, STEPS_PAGE, itemgetter("Name"))
    return {"PipelineParameters": page, **token}
