"""Export jobs: a version of a card as a PDF file in S3, written while the caller waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.registry import EXECUTES, operation
from emulator.errors import ServiceError, not_found
from emulator.services import Services
from emulator.store import Exists
from emulator.store.cycles import PLAN
from handlers.sagemaker import crud
from handlers.sagemaker.jobs import check_s3
from handlers.sagemaker.listing import answer, page
from handlers.sagemaker.model_cards.pdf import pdf
from handlers.sagemaker.model_cards.versions import CARD, EXPORT, export_arn, find_version
from handlers.sagemaker.resource import SERVICE, Record

MOST_SECONDS = 60.0
LOST = {"FailureReason": "The server ended before the file was written."}
JOBS = replace(CARD, noun=EXPORT, parent="ModelCardName")


@operation(SERVICE, "CreateModelCardExportJob", does=EXECUTES)
def create_export(call: Call, services: Services) -> Record:
    """Take the job's name, then write the PDF; a file that cannot be written is a failed job, not a refused call."""
    check_s3(call.params["OutputConfig"]["S3OutputPath"], "OutputConfig")
    services.store.cycles.settle()
    with services.store.transaction():
        card = find_version(call, services)
        record = _begin(call, services, card)
    name, done = _key(record), _export(call, services, card, record)
    done |= {"LastModifiedAt": arns.now(), PLAN: None}
    with services.store.transaction():
        ended = services.store.records.update(call.scope, EXPORT, name, done, status=done["Status"])
        if ended is not None:  # else the card has been deleted meanwhile, with its jobs
            services.store.cycles.arm(call.scope, EXPORT, name, ended)
    return record


def _key(record: Record) -> str:
    return f"{record['ModelCardName']}/{record['ModelCardExportJobName']}"


def _begin(call: Call, services: Services, card: Record) -> Record:
    """The job before anything is written; should the server die now, it has failed a minute later."""
    job, name, now = call.params["ModelCardExportJobName"], card["ModelCardName"], arns.now()
    record = {
        "ModelCardExportJobName": job,
        "ModelCardExportJobArn": export_arn(call, name, job),
        "ModelCardName": name,
        "ModelCardVersion": card["ModelCardVersion"],
        "OutputConfig": call.params["OutputConfig"],
        "Status": "InProgress",
        **dict.fromkeys(("CreationTime", "LastModifiedTime", "CreatedAt", "LastModifiedAt"), now),
        PLAN: {"member": "Status", "pace": MOST_SECONDS, "steps": [{"status": "Failed", "changes": LOST}]},
    }
    arn = record["ModelCardExportJobArn"]
    try:
        services.store.records.insert(
            call.scope, EXPORT, _key(record), record, arn=arn, status=record["Status"], parent=name
        )
    except Exists as error:
        text = f"Export job with name {job} already exists for model card {name}."
        raise ServiceError("ConflictException", text) from error
    services.store.cycles.arm(call.scope, EXPORT, _key(record), record)
    return record


def _export(call: Call, services: Services, card: Record, job: Record) -> Record:
    """Status and place of the file, ``<output path>/<card>-<version>-<job>.pdf``."""
    path = job["OutputConfig"]["S3OutputPath"].rstrip("/")
    uri = f"{path}/{card['ModelCardName']}-{card['ModelCardVersion']}-{job['ModelCardExportJobName']}.pdf"
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = pdf(_lines(card))
    put = {"Bucket": bucket, "Key": key, "Body": body, "ContentType": "application/pdf"}
    try:
        services.call(call.scope, "s3", "PutObject", put)
    except ServiceError as error:
        return {"Status": "Failed", "FailureReason": f"Cannot write {uri}: {error.code}: {error.message}"}
    return {"Status": "Completed", "ExportArtifacts": {"S3ExportArtifacts": uri}}


def _lines(card: Record) -> Iterator[str]:
    yield f"Model card {card['ModelCardName']}"
    yield f"Version {card['ModelCardVersion']}, {card['ModelCardStatus']}"
    yield ""
    yield from _outline(orjson.loads(card["Content"]), "")


def _outline(value: Any, indent: str) -> Iterator[str]:
    """A JSON value as indented lines."""
    items = value.items() if isinstance(value, dict) else ((f"{place + 1}", it) for place, it in enumerate(value))
    for name, inner in items:
        if isinstance(inner, dict | list):
            yield f"{indent}{name}:"
            yield from _outline(inner, indent + "  ")
        else:
            yield f"{indent}{name}: {inner}"


@operation(SERVICE, "DescribeModelCardExportJob")
def describe_export(call: Call, services: Services) -> Record:
    """One export job, by its ARN."""
    arn = call.params["ModelCardExportJobArn"]
    found = services.store.records.by_arn(arn, call.scope)
    if found is None:
        raise not_found(f"Model card export job {arn} does not exist.")
    return found.record


@operation(SERVICE, "ListModelCardExportJobs")
def list_exports(call: Call, services: Services) -> Record:
    """The export jobs of a card."""
    crud.find(CARD, call, services)
    return answer("ModelCardExportJobSummaries", page(JOBS, call, services))
