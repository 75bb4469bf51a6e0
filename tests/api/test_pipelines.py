"""The pipeline operations through boto3, on pipelines that need no containers: conditions, models, failures."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api.calls import error

ROLE = "arn:aws:iam::123456789012:role/pipelines"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1"
PARAMETERS = [
    {"Name": "Limit", "Type": "Float", "DefaultValue": 6.0},
    {"Name": "Error", "Type": "Float", "DefaultValue": 4.5},
    {"Name": "Count", "Type": "Integer", "DefaultValue": 1},
    {"Name": "Flag", "Type": "Boolean", "DefaultValue": True},
    {"Name": "Status", "Type": "String", "DefaultValue": "Approved", "EnumValues": ["Approved", "Rejected"]},
]
_numbers = itertools.count()


def unique() -> str:
    return f"pipe-{uuid.uuid4().hex[:8]}-{next(_numbers)}"


def get(text: str) -> dict[str, str]:
    return {"Get": text}


def steps() -> list[dict[str, Any]]:
    """Decide; then make a model and register it, or fail with a message."""
    model = {
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"Image": IMAGE, "Environment": {"N": get("Parameters.Count")}},
    }
    package = {
        "ModelPackageGroupName": {"Std:Join": {"On": "-", "Values": [get("Execution.PipelineName"), "group"]}},
        "ModelApprovalStatus": get("Parameters.Status"),
        "ModelPackageDescription": get("Steps.Make.ModelName"),
        "InferenceSpecification": {
            "Containers": [{"Image": get("Steps.Make.PrimaryContainer.Image")}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    }
    message = {"Std:Join": {"On": "", "Values": ["error ", get("Parameters.Error"), " flag ", get("Parameters.Flag")]}}
    test = {"Type": "LessThanOrEqualTo", "LeftValue": get("Parameters.Error"), "RightValue": get("Parameters.Limit")}
    arguments = {
        "Conditions": [test],
        "IfSteps": [
            {"Name": "Make", "Type": "Model", "Arguments": model, "DisplayName": "Make it", "Description": "a model"},
            {"Name": "Register", "Type": "RegisterModel", "Arguments": package},
        ],
        "ElseSteps": [{"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": message}}],
    }
    return [{"Name": "Decide", "Type": "Condition", "Arguments": arguments}]


def text(items: list[dict[str, Any]] | None = None, **top: Any) -> str:
    return json.dumps(
        {"Version": "2020-12-01", "Metadata": {}, "Parameters": PARAMETERS, "Steps": items or steps(), **top}
    )


def create(sagemaker: Any, **more: Any) -> str:
    name = unique()
    sagemaker.create_pipeline(PipelineName=name, RoleArn=ROLE, **({"PipelineDefinition": text()} | more))
    return name


def start(sagemaker: Any, name: str, **more: str) -> str:
    given = [{"Name": key, "Value": value} for key, value in more.items()]
    return str(sagemaker.start_pipeline_execution(PipelineName=name, PipelineParameters=given)["PipelineExecutionArn"])


def wait(sagemaker: Any, arn: str) -> dict[str, Any]:
    """The execution once it has ended; the second describe is held until then."""
    while True:
        found: dict[str, Any] = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if found["PipelineExecutionStatus"] not in {"Executing", "Stopping"}:
            return found


def listed(sagemaker: Any, arn: str, **more: Any) -> list[dict[str, Any]]:
    return list(sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, **more)["PipelineExecutionSteps"])


def test_the_good_branch_makes_and_registers_a_model(sagemaker: Any) -> None:
    name = create(sagemaker)
    arn = start(sagemaker, name, Count="3", Status="Rejected")
    described = wait(sagemaker, arn)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert "FailureReason" not in described
    register, make, decide = listed(sagemaker, arn)
    assert [step["StepName"] for step in (decide, make, register)] == ["Decide", "Make", "Register"]
    assert decide["Metadata"] == {"Condition": {"Outcome": "True"}}
    assert (make["StepDisplayName"], make["StepDescription"]) == ("Make it", "a model")
    model = make["Metadata"]["Model"]["Arn"].rsplit("/", 1)[-1]
    assert model.startswith(f"pipelines-{arn.rsplit('/', 1)[-1]}-Make-")
    assert sagemaker.describe_model(ModelName=model)["PrimaryContainer"]["Environment"] == {"N": "3"}
    package = sagemaker.describe_model_package(ModelPackageName=register["Metadata"]["RegisterModel"]["Arn"])
    assert package["ModelApprovalStatus"] == "Rejected"
    assert package["ModelPackageGroupName"] == f"{name}-group"
    assert package["ModelPackageDescription"] == model
    for step in (decide, make, register):
        assert step["StepStatus"] == "Succeeded"
        assert step["StartTime"] <= step["EndTime"]
    assert listed(sagemaker, arn, SortOrder="Ascending") == [decide, make, register]


def test_the_other_branch_fails_with_its_message(sagemaker: Any) -> None:
    name = create(sagemaker)
    arn = start(sagemaker, name, Limit="1", Flag="False")
    assert wait(sagemaker, arn)["PipelineExecutionStatus"] == "Failed"
    stop, decide = listed(sagemaker, arn)
    assert decide["Metadata"] == {"Condition": {"Outcome": "False"}}
    assert stop["FailureReason"] == "error 4.5 flag false"
    assert stop["Metadata"] == {"Fail": {"ErrorMessage": "error 4.5 flag false"}}
    (summary,) = sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    assert summary["PipelineExecutionStatus"] == "Failed"
    assert "Step failure: One or multiple steps failed" in summary["PipelineExecutionFailureReason"]
    assert error(sagemaker.stop_pipeline_execution, PipelineExecutionArn=arn)[0] == "ConflictException"
    sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
    assert wait(sagemaker, arn)["PipelineExecutionStatus"] == "Failed"
    assert len(listed(sagemaker, arn)) == 2


def test_create_update_describe_list_delete(sagemaker: Any) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    limits = {"MaxParallelExecutionSteps": 2}
    name = create(sagemaker, PipelineDescription="first", Tags=tags, ParallelismConfiguration=limits)
    code, message = error(sagemaker.create_pipeline, PipelineName=name, RoleArn=ROLE, PipelineDefinition=text())
    assert code == "ValidationException"
    assert f"Pipeline with name ({name}) already exists" in message
    first = sagemaker.describe_pipeline(PipelineName=name)
    assert json.loads(first["PipelineDefinition"])["Parameters"] == PARAMETERS
    assert (first["PipelineStatus"], first["PipelineDisplayName"]) == ("Active", name)
    assert first["ParallelismConfiguration"] == limits
    assert sagemaker.list_tags(ResourceArn=first["PipelineArn"])["Tags"] == tags

    other = text(Metadata={"changed": True})
    updated = sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=other, PipelineDescription="second")
    assert updated["PipelineVersionId"] == 2
    second = sagemaker.describe_pipeline(PipelineName=first["PipelineArn"])
    assert (second["PipelineDefinition"], second["PipelineDescription"]) == (other, "second")
    assert sagemaker.describe_pipeline(PipelineName=name, PipelineVersionId=1)["PipelineDefinition"] == text()
    versions = sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert [version["PipelineVersionId"] for version in versions] == [2, 1]
    assert error(sagemaker.describe_pipeline, PipelineName=name, PipelineVersionId=9)[0] == "ResourceNotFound"

    arn = start(sagemaker, name)
    wait(sagemaker, arn)
    (summary,) = sagemaker.list_pipelines(PipelineNamePrefix=name)["PipelineSummaries"]
    assert summary["LastExecutionTime"] >= summary["CreationTime"]
    assert sagemaker.list_pipelines(PipelineNamePrefix=name[1:])["PipelineSummaries"] == []
    sagemaker.delete_pipeline(PipelineName=name)
    assert error(sagemaker.describe_pipeline, PipelineName=name) == (
        "ResourceNotFound",
        f"Pipeline '{first['PipelineArn']}' does not exist.",
    )
    assert error(sagemaker.describe_pipeline_execution, PipelineExecutionArn=arn)[0] == "ResourceNotFound"
    again = sagemaker.create_pipeline(PipelineName=name, RoleArn=ROLE, PipelineDefinition=text())
    assert again["PipelineArn"] == first["PipelineArn"]


def test_a_version_has_a_name_a_description_and_aliases(sagemaker: Any) -> None:
    name = create(sagemaker)
    arn = sagemaker.describe_pipeline(PipelineName=name)["PipelineArn"]
    sagemaker.update_pipeline(PipelineName=name, PipelineDescription="two")
    one, two = ({"PipelineArn": arn, "PipelineVersionId": number} for number in (1, 2))
    texts = {"PipelineVersionDisplayName": "first", "PipelineVersionDescription": "the first"}
    assert sagemaker.update_pipeline_version(**one, **texts, PipelineVersionAliasOperations={"Add": ["prod", "old"]})
    described = sagemaker.describe_pipeline(PipelineName=name, PipelineVersionAlias="prod")
    assert described["PipelineVersionAliases"] == ["prod", "old"]
    assert {member: described[member] for member in texts} == texts
    assert sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"][1].items() >= texts.items()
    with pytest.raises(ClientError, match="ConflictException"):
        sagemaker.update_pipeline_version(**two, PipelineVersionAliasOperations={"Add": ["prod"]})
    with pytest.raises(ClientError, match="added and removed"):
        sagemaker.update_pipeline_version(**two, PipelineVersionAliasOperations={"Add": ["a"], "Remove": ["a"]})
    sagemaker.update_pipeline_version(**one, PipelineVersionAliasOperations={"Remove": ["prod"]})
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sagemaker.start_pipeline_execution(PipelineName=name, PipelineVersionAlias="prod")
    sagemaker.update_pipeline_version(**two, PipelineVersionAliasOperations={"Add": ["prod"]})
    started = sagemaker.start_pipeline_execution(PipelineName=name, PipelineVersionAlias="prod")
    execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=started["PipelineExecutionArn"])
    assert execution["PipelineVersionId"] == 2
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sagemaker.update_pipeline_version(PipelineArn=arn, PipelineVersionId=3)


def test_a_definition_may_lie_in_s3(sagemaker: Any, client: Callable[..., Any]) -> None:
    s3, name = client("s3"), unique()
    s3.create_bucket(Bucket=name)
    place = {"Bucket": name, "ObjectKey": "definition"}
    params = {"PipelineName": name, "RoleArn": ROLE, "PipelineDefinitionS3Location": place}
    assert error(sagemaker.create_pipeline, **params)[0] == "ValidationException"
    s3.put_object(Bucket=name, Key="definition", Body=text().encode())
    sagemaker.create_pipeline(**params)
    assert sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"] == text()


def test_an_execution_keeps_what_it_was_started_with(sagemaker: Any) -> None:
    name = create(sagemaker)
    arn = start(sagemaker, name, Limit="7", Flag="False")
    wait(sagemaker, arn)
    sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=text(Metadata={"later": 1}))
    kept = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert kept["PipelineDefinition"] == text()
    pages = sagemaker.get_paginator("list_pipeline_parameters_for_execution").paginate(
        PipelineExecutionArn=arn, PaginationConfig={"PageSize": 2}
    )
    values = {item["Name"]: item["Value"] for page in pages for item in page["PipelineParameters"]}
    assert values == {"Limit": "7.0", "Error": "4.5", "Count": "1", "Flag": "false", "Status": "Approved"}
    sagemaker.update_pipeline_execution(PipelineExecutionArn=arn, PipelineExecutionDisplayName="renamed")
    assert sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionDisplayName"] == "renamed"


def test_a_repeated_start_is_one_execution(sagemaker: Any) -> None:
    name, token = create(sagemaker), uuid.uuid4().hex
    arns = {
        sagemaker.start_pipeline_execution(PipelineName=name, ClientRequestToken=token)["PipelineExecutionArn"]
        for _ in range(2)
    }
    assert len(arns) == 1
    wait(sagemaker, arns.pop())


def test_executions_are_listed_newest_first_and_paged(sagemaker: Any) -> None:
    name = create(sagemaker)
    arns = [start(sagemaker, name) for _ in range(3)]
    for arn in arns:
        wait(sagemaker, arn)
    pages = sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName=name, PaginationConfig={"PageSize": 2}
    )
    found = [item["PipelineExecutionArn"] for page in pages for item in page["PipelineExecutionSummaries"]]
    assert found == arns[::-1]
    (latest,) = sagemaker.list_pipeline_executions(
        PipelineName=name, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )["PipelineExecutionSummaries"]
    assert latest["PipelineExecutionArn"] == arns[-1]
    steps_pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arns[0], SortOrder="Ascending", PaginationConfig={"PageSize": 1}
    )
    names = [item["StepName"] for page in steps_pages for item in page["PipelineExecutionSteps"]]
    assert names == ["Decide", "Make", "Register"]


def test_selective_execution_reuses_the_other_steps(sagemaker: Any) -> None:
    name = create(sagemaker)
    source = start(sagemaker, name)
    wait(sagemaker, source)
    config = {"SourcePipelineExecutionArn": source, "SelectedSteps": [{"StepName": "Register"}]}
    arn = sagemaker.start_pipeline_execution(PipelineName=name, SelectiveExecutionConfig=config)["PipelineExecutionArn"]
    assert wait(sagemaker, arn)["PipelineExecutionStatus"] == "Succeeded"
    found = {step["StepName"]: step for step in listed(sagemaker, arn)}
    assert set(found) == {"Decide", "Make", "Register"}
    assert "SelectiveExecutionResult" not in found["Register"]
    assert found["Make"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source}
    alone = {"SelectedSteps": [{"StepName": "Register"}]}
    assert error(sagemaker.start_pipeline_execution, PipelineName=name, SelectiveExecutionConfig=alone)[0] == (
        "ValidationException"
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Ghost": "1"}, "Unknown parameter 'Ghost'"),
        ({"Count": "1.5"}, "Unexpected type for parameter 'Count'"),
        ({"Flag": "yes"}, "Unexpected type for parameter 'Flag'"),
        ({"Status": "Maybe"}, "has value 'Maybe'"),
    ],
)
def test_wrong_parameters_start_nothing(sagemaker: Any, values: dict[str, str], expected: str) -> None:
    name = create(sagemaker)
    given = [{"Name": key, "Value": value} for key, value in values.items()]
    code, message = error(sagemaker.start_pipeline_execution, PipelineName=name, PipelineParameters=given)
    assert code == "ValidationException"
    assert expected in message
    assert sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"] == []


def test_a_parameter_without_default_must_be_given(sagemaker: Any) -> None:
    declared = [*PARAMETERS, {"Name": "Needed", "Type": "String"}]
    name = create(sagemaker, PipelineDefinition=text(Parameters=declared))
    assert error(sagemaker.start_pipeline_execution, PipelineName=name) == (
        "ValidationException",
        "Parameter 'Needed' is undefined.",
    )
    assert wait(sagemaker, start(sagemaker, name, Needed="x"))["PipelineExecutionStatus"] == "Succeeded"


def fail(name: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": "x"}, **more}


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("{", "not valid JSON"),
        (text(Version="1"), "Version must be one of"),
        (text([fail("a"), fail("a")]), "Step names must be unique"),
        (text([fail("a", Type="Tuning")]), "Step 'a' is of type 'Tuning', which sagemaker-emulator does not run yet"),
        (text([fail("a", Type="Guess")]), "unknown Type 'Guess'"),
        (text([fail("b", DependsOn=["a"]), fail("a")]), "b can not depends on a"),
        (text([fail("a", Arguments={"ErrorMessage": get("Parameters.Nope")})]), "'Nope', which is not declared"),
    ],
)
def test_wrong_definitions_create_nothing(sagemaker: Any, definition: str, expected: str) -> None:
    name = unique()
    code, message = error(sagemaker.create_pipeline, PipelineName=name, RoleArn=ROLE, PipelineDefinition=definition)
    assert code == "ValidationException"
    assert message.startswith("Unable to parse pipeline definition.")
    assert expected in message
    assert error(sagemaker.describe_pipeline, PipelineName=name)[0] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("start_pipeline_execution", {"PipelineName": "nobody"}),
        ("update_pipeline", {"PipelineName": "nobody", "PipelineDefinition": text()}),
        ("delete_pipeline", {"PipelineName": "nobody"}),
        ("list_pipeline_executions", {"PipelineName": "nobody"}),
        ("list_pipeline_versions", {"PipelineName": "nobody"}),
        *(
            (
                name,
                {"PipelineExecutionArn": f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/{'a' * 12}"},
            )
            for name in (
                "describe_pipeline_execution",
                "list_pipeline_execution_steps",
                "stop_pipeline_execution",
                "retry_pipeline_execution",
                "update_pipeline_execution",
                "describe_pipeline_definition_for_execution",
                "list_pipeline_parameters_for_execution",
            )
        ),
    ],
)
def test_what_is_not_there(sagemaker: Any, operation: str, params: dict[str, Any]) -> None:
    code, message = error(getattr(sagemaker, operation), **params)
    assert code == "ResourceNotFound"
    assert "does not exist" in message
