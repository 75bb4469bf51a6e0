"""Model cards: versions by content, status of the last one, and export as a PDF file in S3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.calls import error, named


@pytest.fixture
def card(sagemaker: Any) -> str:
    name = named("card")
    sagemaker.create_model_card(ModelCardName=name, Content=content(1), ModelCardStatus="Draft")
    return name


def content(number: int) -> str:
    return json.dumps({"model_overview": {"model_description": f"text {number}"}})


def test_new_content_is_a_new_version_and_a_new_status_is_not(sagemaker: Any, card: str) -> None:
    sagemaker.update_model_card(ModelCardName=card, Content=content(2))
    sagemaker.update_model_card(ModelCardName=card, ModelCardStatus="Approved")
    last = sagemaker.describe_model_card(ModelCardName=card)
    assert (last["ModelCardVersion"], last["ModelCardStatus"], last["Content"]) == (2, "Approved", content(2))
    first = sagemaker.describe_model_card(ModelCardName=card, ModelCardVersion=1)
    assert (first["ModelCardVersion"], first["ModelCardStatus"], first["Content"]) == (1, "Draft", content(1))
    listed = sagemaker.list_model_card_versions(ModelCardName=card, SortBy="Version", SortOrder="Descending")
    found = [(one["ModelCardVersion"], one["ModelCardStatus"]) for one in listed["ModelCardVersionSummaryList"]]
    assert found == [(2, "Approved"), (1, "Draft")]
    (one,) = sagemaker.list_model_cards(NameContains=card, ModelCardStatus="Approved")["ModelCardSummaries"]
    assert one["ModelCardName"] == card
    by_arn = sagemaker.describe_model_card(ModelCardName=last["ModelCardArn"], IncludedData="MetadataOnly")
    assert "Content" not in by_arn


def test_what_is_wrong_with_a_change(sagemaker: Any, card: str) -> None:
    both = {"Content": content(3), "ModelCardStatus": "Archived"}
    assert error(sagemaker.update_model_card, ModelCardName=card, **both)[0] == "ValidationException"
    assert error(sagemaker.update_model_card, ModelCardName=card, Content="no json")[0] == "ValidationException"
    assert error(sagemaker.describe_model_card, ModelCardName=card, ModelCardVersion=7)[0] == "ResourceNotFound"
    again = {"ModelCardName": card, "Content": "{}", "ModelCardStatus": "Draft"}
    assert error(sagemaker.create_model_card, **again)[0] == "ConflictException"
    assert sagemaker.describe_model_card(ModelCardName=card)["ModelCardVersion"] == 1


def test_a_card_is_exported_as_a_pdf_file(sagemaker: Any, client: Callable[..., Any], card: str) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=card)
    output = {"S3OutputPath": f"s3://{card}/cards"}
    arn = sagemaker.create_model_card_export_job(
        ModelCardName=card, ModelCardExportJobName="first", OutputConfig=output
    )["ModelCardExportJobArn"]
    job = sagemaker.describe_model_card_export_job(ModelCardExportJobArn=arn)
    assert (job["Status"], job["ModelCardVersion"]) == ("Completed", 1)
    key = job["ExportArtifacts"]["S3ExportArtifacts"].removeprefix(f"s3://{card}/")
    body = s3.get_object(Bucket=card, Key=key)["Body"].read()
    assert body.startswith(b"%PDF-1.4")
    assert b"model_description: text 1" in body
    elsewhere = {"S3OutputPath": f"s3://{card}/elsewhere"}
    again = {"ModelCardName": card, "ModelCardExportJobName": "first", "OutputConfig": elsewhere}
    assert error(sagemaker.create_model_card_export_job, **again)[0] == "ConflictException"
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=card)["Contents"]] == [key]
    (listed,) = sagemaker.list_model_card_export_jobs(ModelCardName=card, ModelCardExportJobNameContains="irs")[
        "ModelCardExportJobSummaries"
    ]
    assert listed["ModelCardExportJobArn"] == arn


def test_an_export_without_a_bucket_fails_and_says_so(sagemaker: Any, card: str) -> None:
    output = {"S3OutputPath": "s3://no-such-bucket-anywhere/cards"}
    arn = sagemaker.create_model_card_export_job(
        ModelCardName=card, ModelCardExportJobName="first", OutputConfig=output
    )["ModelCardExportJobArn"]
    job = sagemaker.describe_model_card_export_job(ModelCardExportJobArn=arn)
    assert (job["Status"], "NoSuchBucket" in job["FailureReason"]) == ("Failed", True)
    sagemaker.delete_model_card(ModelCardName=card)
    assert error(sagemaker.describe_model_card_export_job, ModelCardExportJobArn=arn)[0] == "ResourceNotFound"
