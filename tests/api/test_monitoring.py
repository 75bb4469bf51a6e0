"""Monitoring schedules: what they need, how they are started and stopped, and that nothing comes of them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.api.calls import error, named

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
OUTPUT = {"S3Output": {"S3Uri": "s3://bucket/out", "LocalPath": "/opt/ml/processing/output"}}
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}}
HOURLY = {"ScheduleExpression": "cron(0 * ? * * *)"}


@pytest.fixture
def definition(sagemaker: Any) -> str:
    return defined(sagemaker, "served")


def defined(sagemaker: Any, endpoint: str) -> str:
    name = named("definition")
    sagemaker.create_data_quality_job_definition(
        JobDefinitionName=name,
        DataQualityAppSpecification={"ImageUri": IMAGE},
        DataQualityJobInput={"EndpointInput": {"EndpointName": endpoint, "LocalPath": "/opt/ml/processing/input"}},
        DataQualityJobOutputConfig={"MonitoringOutputs": [OUTPUT]},
        JobResources=CLUSTER,
        RoleArn=ROLE,
    )
    return name


@pytest.fixture
def schedule(sagemaker: Any, definition: str) -> str:
    name = named("schedule")
    sagemaker.create_monitoring_schedule(MonitoringScheduleName=name, MonitoringScheduleConfig=config(definition))
    assert settled(sagemaker, name)["MonitoringScheduleStatus"] == "Scheduled"
    return name


def config(definition: str, **more: Any) -> dict[str, Any]:
    named = {"MonitoringJobDefinitionName": definition, "MonitoringType": "DataQuality"}
    return named | {"ScheduleConfig": HOURLY} | more


def settled(sagemaker: Any, name: str) -> dict[str, Any]:
    while (answer := sagemaker.describe_monitoring_schedule(MonitoringScheduleName=name)) and (
        answer["MonitoringScheduleStatus"] == "Pending"
    ):
        time.sleep(0.05)
    return dict(answer)


def test_a_schedule_shows_what_its_definition_says(sagemaker: Any, schedule: str, definition: str) -> None:
    answer = sagemaker.describe_monitoring_schedule(MonitoringScheduleName=schedule)
    assert (answer["MonitoringType"], answer["EndpointName"]) == ("DataQuality", "served")
    assert "LastMonitoringExecutionSummary" not in answer
    for filters in ({"EndpointName": "served"}, {"MonitoringJobDefinitionName": definition}):
        listed = sagemaker.list_monitoring_schedules(NameContains=schedule, **filters)["MonitoringScheduleSummaries"]
        assert [one["MonitoringJobDefinitionName"] for one in listed] == [definition]
    absent = sagemaker.list_monitoring_schedules(NameContains=schedule, MonitoringTypeEquals="ModelBias")
    assert absent["MonitoringScheduleSummaries"] == []


def test_a_schedule_is_stopped_started_changed_and_deleted(sagemaker: Any, schedule: str, definition: str) -> None:
    which = {"MonitoringScheduleName": schedule}
    sagemaker.stop_monitoring_schedule(**which)
    assert settled(sagemaker, schedule)["MonitoringScheduleStatus"] == "Stopped"
    sagemaker.start_monitoring_schedule(**which)
    assert settled(sagemaker, schedule)["MonitoringScheduleStatus"] == "Scheduled"
    daily = config(definition, ScheduleConfig={"ScheduleExpression": "cron(0 0 ? * * *)"})
    sagemaker.update_monitoring_schedule(**which, MonitoringScheduleConfig=daily)
    changed = settled(sagemaker, schedule)
    assert changed["MonitoringScheduleConfig"] == daily
    assert changed["EndpointName"] == "served"
    sagemaker.delete_monitoring_schedule(**which)
    assert error(sagemaker.describe_monitoring_schedule, **which)[0] == "ResourceNotFound"


def test_a_schedule_shows_what_its_new_definition_says(sagemaker: Any, schedule: str) -> None:
    other = defined(sagemaker, "another")
    sagemaker.update_monitoring_schedule(MonitoringScheduleName=schedule, MonitoringScheduleConfig=config(other))
    assert settled(sagemaker, schedule)["EndpointName"] == "another"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"MonitoringJobDefinitionName": "no-such-definition"}, "ValidationException"),
        ({"ScheduleConfig": {"ScheduleExpression": "hourly"}}, "ValidationException"),
        ({"ScheduleConfig": {"ScheduleExpression": "NOW"}}, "ValidationException"),
    ],
)
def test_what_a_schedule_needs(sagemaker: Any, definition: str, wrong: dict[str, Any], code: str) -> None:
    given = {"MonitoringScheduleName": "wrong", "MonitoringScheduleConfig": config(definition, **wrong)}
    assert error(sagemaker.create_monitoring_schedule, **given)[0] == code
    assert sagemaker.list_monitoring_schedules(NameContains="wrong")["MonitoringScheduleSummaries"] == []


def test_no_schedule_comes_due(sagemaker: Any, schedule: str) -> None:
    which = {"MonitoringScheduleName": schedule}
    assert sagemaker.list_monitoring_executions(**which)["MonitoringExecutionSummaries"] == []
    assert sagemaker.list_monitoring_alerts(**which)["MonitoringAlertSummaries"] == []
    assert sagemaker.list_monitoring_alert_history(**which)["MonitoringAlertHistory"] == []
    alert = {"MonitoringAlertName": "none", "DatapointsToAlert": 1, "EvaluationPeriod": 1}
    assert error(sagemaker.update_monitoring_alert, **which, **alert)[0] == "ResourceNotFound"
    assert error(sagemaker.list_monitoring_alerts, MonitoringScheduleName="nobody")[0] == "ResourceNotFound"
