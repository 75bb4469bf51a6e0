"""Workforces, teams, labeling jobs, review flows and the templates of their tasks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.calls import error, named

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
COGNITO = {"UserPool": "us-east-1_abcdefghi", "ClientId": "client"}
MEMBER = {"CognitoMemberDefinition": COGNITO | {"UserGroup": "group"}}


def no_workforces(sagemaker: Any) -> None:
    for team in sagemaker.list_workteams(MaxResults=100)["Workteams"]:
        sagemaker.delete_workteam(WorkteamName=team["WorkteamName"])
    while present := sagemaker.list_workforces()["Workforces"]:
        if present[0]["Status"] == "Active":
            sagemaker.delete_workforce(WorkforceName=present[0]["WorkforceName"])
        time.sleep(0.05)


@pytest.fixture
def workforce(sagemaker: Any) -> Iterator[str]:
    no_workforces(sagemaker)
    name = named("force")
    sagemaker.create_workforce(WorkforceName=name, CognitoConfig=COGNITO)
    yield name
    no_workforces(sagemaker)


@pytest.fixture
def team(sagemaker: Any) -> str:
    name = named("team")
    answer = sagemaker.create_workteam(WorkteamName=name, MemberDefinitions=[MEMBER], Description="people")
    return str(answer["WorkteamArn"])


def test_there_is_one_workforce_and_its_teams_keep_it(sagemaker: Any, workforce: str, team: str) -> None:
    code, message = error(sagemaker.create_workforce, WorkforceName="other", CognitoConfig=COGNITO)
    assert (code, workforce in message) == ("ValidationException", True)
    described = sagemaker.describe_workteam(WorkteamName=team.rsplit("/", 1)[-1])["Workteam"]
    assert described["WorkforceArn"].endswith(f":workforce/{workforce}")
    assert described["CreateDate"] <= described["LastUpdatedDate"]
    while sagemaker.describe_workforce(WorkforceName=workforce)["Workforce"]["Status"] != "Active":
        time.sleep(0.05)
    assert error(sagemaker.delete_workforce, WorkforceName=workforce)[0] == "ValidationException"
    assert sagemaker.delete_workteam(WorkteamName=team.rsplit("/", 1)[-1])["Success"]
    sagemaker.delete_workforce(WorkforceName=workforce)


def test_a_missing_team_and_a_missing_workforce_are_said_in_the_words_clients_look_for(sagemaker: Any) -> None:
    code, message = error(sagemaker.describe_workteam, WorkteamName="nobody")
    assert (code, message.startswith("The work team")) == ("ValidationException", True)
    code, message = error(sagemaker.describe_workforce, WorkforceName="nobody")
    assert (code, message.startswith("No workforce")) == ("ValidationException", True)
    assert sagemaker.list_subscribed_workteams()["SubscribedWorkteams"] == []


def labeling(team: str) -> dict[str, Any]:
    return {
        "LabelingJobName": named("label"),
        "LabelAttributeName": "kind",
        "RoleArn": ROLE,
        "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://bucket/input.manifest"}}},
        "OutputConfig": {"S3OutputPath": "s3://bucket/labels"},
        "HumanTaskConfig": {
            "WorkteamArn": team,
            "UiConfig": {"UiTemplateS3Uri": "s3://bucket/template.html"},
            "TaskTitle": "title",
            "TaskDescription": "description",
            "NumberOfHumanWorkersPerDataObject": 3,
            "TaskTimeLimitInSeconds": 60,
        },
    }


def test_a_labeling_job_goes_on_until_it_is_stopped(sagemaker: Any, team: str) -> None:
    params = labeling(team)
    name = params["LabelingJobName"]
    sagemaker.create_labeling_job(**params)
    while (job := sagemaker.describe_labeling_job(LabelingJobName=name))["LabelingJobStatus"] == "Initializing":
        time.sleep(0.05)
    assert job["LabelingJobStatus"] == "InProgress"
    assert set(job["LabelCounters"].values()) == {0}
    assert "LabelingJobOutput" not in job
    (listed,) = sagemaker.list_labeling_jobs_for_workteam(WorkteamArn=team)["LabelingJobSummaryList"]
    assert (listed["LabelingJobName"], listed["NumberOfHumanWorkersPerDataObject"]) == (name, 3)
    assert listed["JobReferenceCode"] == job["JobReferenceCode"]
    sagemaker.stop_labeling_job(LabelingJobName=name)
    while (job := sagemaker.describe_labeling_job(LabelingJobName=name))["LabelingJobStatus"] == "Stopping":
        time.sleep(0.05)
    assert job["LabelingJobStatus"] == "Stopped"
    assert error(sagemaker.stop_labeling_job, LabelingJobName=name)[0] == "ValidationException"


def test_work_needs_a_team_and_a_template_that_are_there(sagemaker: Any, team: str) -> None:
    absent = team.rsplit("/", 1)[0] + "/nobody"
    assert error(sagemaker.create_labeling_job, **labeling(absent))[1] == f"The work team {absent} does not exist."
    loop = {
        "WorkteamArn": team,
        "HumanTaskUiArn": "arn:aws:sagemaker:us-east-1:123456789012:human-task-ui/none",
        "TaskTitle": "t",
        "TaskDescription": "d",
        "TaskCount": 1,
    }
    flow = {"FlowDefinitionName": named("flow"), "OutputConfig": {"S3OutputPath": "s3://bucket/o"}, "RoleArn": ROLE}
    assert error(sagemaker.create_flow_definition, HumanLoopConfig=loop, **flow)[0] == "ValidationException"
    ui = sagemaker.create_human_task_ui(HumanTaskUiName=named("ui"), UiTemplate={"Content": "<p>hello</p>"})
    sagemaker.create_flow_definition(HumanLoopConfig=loop | {"HumanTaskUiArn": ui["HumanTaskUiArn"]}, **flow)


TEMPLATES = (
    ("<p>{{ task.input.text }}</p>", "<p>a &lt;b&gt;</p>", 0),
    ("{{ task.input.text | skip_autoescape }}", "a <b>", 0),
    ("{{ task.input.labels | to_json }}", '["x","y"]', 0),
    ("{{ task.input.nothing }}!", "!", 1),
    ("{% for l in task.input.labels %}{% endfor %}", "{% for l in task.input.labels %}{% endfor %}", 2),
    ("{{ task.input.text | upcase }}", "", 1),
)


@pytest.mark.parametrize(("template", "page", "errors"), TEMPLATES)
def test_a_template_is_rendered_or_its_faults_are_named(sagemaker: Any, template: str, page: str, errors: int) -> None:
    task = {"Input": json.dumps({"text": "a <b>", "labels": ["x", "y"]})}
    name = named("ui")
    ui = sagemaker.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": template})["HumanTaskUiArn"]
    for which in ({"UiTemplate": {"Content": template}}, {"HumanTaskUiArn": ui}):
        answer = sagemaker.render_ui_template(Task=task, RoleArn=ROLE, **which)
        assert (answer["RenderedContent"], len(answer["Errors"])) == (page, errors)
