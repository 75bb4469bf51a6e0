"""AutoML jobs of both versions of the API, which are one kind of job: V2 describes both, V1 only its own."""

from __future__ import annotations

from dataclasses import replace

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import validation
from emulator.services import Services
from handlers.sagemaker import crud
from handlers.sagemaker.listing import nothing
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

ROW = RESOURCES["AutoMLJob"]
PROBLEM = "AutoMLProblemTypeConfig"
COMMON = ("ChannelType", "ContentType", "CompressionType", "DataSource")


@operation(SERVICE, "CreateAutoMLJobV2", does=ROW.doing("Create"))
def create_v2(call: Call, services: Services) -> Record:
    """A job whose problem is one of several, by the member that is given."""
    return crud.create(replace(ROW, prepare=_prepare_v2), call, services)


def _prepare_v2(call: Call, services: Services, record: Record) -> None:
    (kind,) = record[PROBLEM]
    record["AutoMLProblemTypeConfigName"] = kind.removesuffix("JobConfig")


@operation(SERVICE, "DescribeAutoMLJob")
def describe(call: Call, services: Services) -> Record:
    """A job of V1; V1 has no members for the problems of V2."""
    record = crud.describe(ROW, call, services)
    if PROBLEM in record:
        name = record["AutoMLJobName"]
        raise validation(f"AutoML job {name} was created by CreateAutoMLJobV2: use DescribeAutoMLJobV2.")
    return record


@operation(SERVICE, "DescribeAutoMLJobV2")
def describe_v2(call: Call, services: Services) -> Record:
    """A job of V2, or one of V1 as the tabular problem it is."""
    record = crud.describe(ROW, call, services)
    return record if PROBLEM in record else record | _as_v2(record)


def _as_v2(record: Record) -> Record:
    channels = record["InputDataConfig"]
    tabular = {"TargetAttributeName": channels[0]["TargetAttributeName"]}
    tabular |= {member: record[member] for member in ("ProblemType",) if member in record}
    shared = [{"ChannelType": "training"} | {key: it[key] for key in COMMON if key in it} for it in channels]
    return {
        "AutoMLJobInputDataConfig": shared,
        PROBLEM: {"TabularJobConfig": tabular},
        "AutoMLProblemTypeConfigName": "Tabular",
    }


@operation(SERVICE, "ListCandidatesForAutoMLJob")
def list_candidates(call: Call, services: Services) -> Record:
    """None: a job that is not run finds no candidates."""
    crud.find(ROW, call, services)
    return nothing("Candidates", call)
