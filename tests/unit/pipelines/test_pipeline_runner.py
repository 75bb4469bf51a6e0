"""The runner against a scripted SageMaker: order, parallelism, failure, stop, retry, cache, resumption."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from emulator import arns
from emulator.arns import Scope
from emulator.errors import ServiceError
from emulator.jobs.base import Tools
from emulator.pipelines import parameters, steps
from emulator.pipelines.definition import parse
from emulator.pipelines.ledger import EXECUTION, Ledger
from emulator.pipelines.runner import Runner
from emulator.store import Store

SCOPE = Scope()
ROLE = "arn:aws:iam::123456789012:role/r"


class Api:
    """A SageMaker whose jobs end when the test says so: :meth:`end`, or at once by ``outcomes[step]``."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.outcomes: dict[str, list[dict[str, Any]]] = {}
        self.held: set[str] = set()

    def __call__(self, scope: Scope, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((operation, dict(params)))
        verb = next(verb for verb in ("Create", "Describe", "Stop") if operation.startswith(verb))
        noun = operation.removeprefix(verb)
        name = params.get(f"{noun}Name", "")
        if verb == "Create":
            return self._create(noun, name, params)
        record = self.store.records.get(scope, noun, name)
        if record is None:
            raise ServiceError("ValidationException", f"no {noun} {name}")
        if verb == "Stop":
            self.end(noun, name, {f"{noun}Status": "Stopped"})
        return record

    def _create(self, noun: str, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
        step = next((step for step in self.outcomes if f"-{step}-" in name), "")
        ending = self.outcomes[step].pop(0) if self.outcomes.get(step) else {}
        if "error" in ending:
            raise ending["error"]
        record = {**params, f"{noun}Arn": arns.arn(SCOPE, f"{noun.lower()}/{name}"), f"{noun}Status": "InProgress"}
        self.store.records.insert(SCOPE, noun, name, record)
        if not any(f"-{held}-" in name for held in self.held):
            self.end(noun, name, {f"{noun}Status": "Completed", **ending})
        return record

    def end(self, noun: str, name: str, changes: Mapping[str, Any]) -> None:
        self.store.records.update(SCOPE, noun, name, changes)

    def created(self) -> list[str]:
        """The steps whose jobs were created, in order."""
        return [params["ProcessingJobName"].split("-")[2] for op, params in self.calls if op == "CreateProcessingJob"]


class World:
    """A store, a scripted API and a runner that can be closed and made again."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "state.db")
        self.api = Api(self.store)
        self.tools = cast(Tools, type("Tools", (), {"store": self.store, "call": self.api})())
        self.runner = Runner(self.tools)
        self.started = 0

    def start(self, *items: dict[str, Any], given: Mapping[str, str] | None = None, **more: Any) -> str:
        text = json.dumps({"Version": "2020-12-01", "Parameters": more.pop("declared", []), "Steps": items})
        definition = parse(text, steps.types())
        values = parameters.bind(definition, [{"Name": n, "Value": v} for n, v in (given or {}).items()])
        self.started += 1
        pipeline = arns.arn(SCOPE, "pipeline/p")
        arn = f"{pipeline}/execution/run{self.started}"
        record = {
            "PipelineArn": pipeline,
            "PipelineExecutionArn": arn,
            "PipelineExecutionStatus": "Executing",
            "CreationTime": arns.now(),
            "_PipelineName": "p",
            "_Definition": text,
            "_Parameters": parameters.texts(values),
            **more,
        }
        self.store.records.insert(SCOPE, EXECUTION, arn, record, status="Executing", parent="p")
        self.runner.start(SCOPE, arn)
        return arn

    def end(self, arn: str) -> dict[str, Any]:
        """The execution once it has ended."""
        record = self.store.records.wait(
            SCOPE, EXECUTION, arn, lambda found: found["PipelineExecutionStatus"] not in {"Executing", "Stopping"}, 30
        )
        assert record is not None
        return record

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        return Ledger(self.store, SCOPE, arn).steps()

    def statuses(self, arn: str) -> dict[str, str]:
        return {name: record["StepStatus"] for name, record in self.steps(arn).items()}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.runner.close()
    world.store.close()


def until(test: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not test():
        assert time.monotonic() < deadline, "it never happened"
        threading.Event().wait(0.01)


def job(name: str, *after: str, **more: Any) -> dict[str, Any]:
    arguments = {"RoleArn": ROLE, "AppSpecification": {"ImageUri": "i"}, "ProcessingResources": {}}
    arguments.update(more.pop("arguments", {}))
    return {"Name": name, "Type": "Processing", "Arguments": arguments, "DependsOn": list(after), **more}


def fail(name: str, message: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def decide(name: str, left: Any, yes: list[Any], no: list[Any]) -> dict[str, Any]:
    tests = [{"Type": "Equals", "LeftValue": left, "RightValue": "yes"}]
    return {
        "Name": name,
        "Type": "Condition",
        "Arguments": {"Conditions": tests, "IfSteps": yes, "ElseSteps": no},
    }


def test_steps_run_in_order_with_resolved_arguments(world: World) -> None:
    env = {"Environment": {"UP": {"Get": "Steps.one.ProcessingJobName"}, "N": {"Get": "Parameters.n"}}}
    declared = [{"Name": "n", "Type": "Integer", "DefaultValue": 3}]
    arn = world.start(job("two", arguments=env), job("one"), declared=declared)
    assert world.end(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert world.api.created() == ["one", "two"]
    request = next(params for op, params in reversed(world.api.calls) if op == "CreateProcessingJob")
    assert request["Environment"]["N"] == "3"
    assert request["Environment"]["UP"].startswith("pipelines-run1-one-")
    one = world.steps(arn)["one"]
    assert one["Metadata"]["ProcessingJob"]["Arn"].endswith(request["Environment"]["UP"])
    assert one["StartTime"] <= one["EndTime"] <= world.steps(arn)["two"]["StartTime"]


@pytest.mark.parametrize(("value", "ran"), [("yes", ["good"]), ("no", ["bad"])])
def test_only_one_branch_runs(world: World, value: str, ran: list[str]) -> None:
    arn = world.start(
        decide("c", {"Get": "Parameters.v"}, [job("good")], [job("bad")]),
        declared=[{"Name": "v", "Type": "String"}],
        given={"v": value},
    )
    assert world.end(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert world.api.created() == ran
    assert set(world.steps(arn)) == {"c", *ran}
    assert world.steps(arn)["c"]["Metadata"] == {"Condition": {"Outcome": str(value == "yes")}}


@pytest.mark.parametrize("message", ["too bad: 7", ""])
def test_a_fail_step_fails_the_execution_with_its_message(world: World, message: str) -> None:
    arn = world.start(fail("stop", {"Std:Join": {"On": "", "Values": [message]}}))
    ended = world.end(arn)
    assert ended["PipelineExecutionStatus"] == "Failed"
    assert "Step failure: One or multiple steps failed" in ended["FailureReason"]
    step = world.steps(arn)["stop"]
    assert step["Metadata"] == {"Fail": {"ErrorMessage": message}}
    assert step.get("FailureReason") == (message or None)


def test_a_failed_job_lets_running_steps_end_and_starts_no_other(world: World) -> None:
    world.api.held = {"slow"}
    world.api.outcomes = {"broken": [{"ProcessingJobStatus": "Failed", "FailureReason": "AlgorithmError: boom"}]}
    arn = world.start(job("slow"), job("later", "slow"), job("broken", "first"), job("never", "broken"), job("first"))
    until(lambda: world.statuses(arn).get("broken") == "Failed")
    name = world.steps(arn)["slow"]["_name"]
    world.api.end("ProcessingJob", name, {"ProcessingJobStatus": "Completed"})
    assert world.end(arn)["PipelineExecutionStatus"] == "Failed"
    assert world.statuses(arn) == {"slow": "Succeeded", "first": "Succeeded", "broken": "Failed"}
    assert world.steps(arn)["broken"]["FailureReason"] == "ClientError: AlgorithmError: boom"


def test_a_refused_job_fails_the_step(world: World) -> None:
    world.api.outcomes = {"one": [{"error": ServiceError("ValidationException", "no such role")}]}
    arn = world.start(job("one"))
    assert world.end(arn)["PipelineExecutionStatus"] == "Failed"
    reason = world.steps(arn)["one"]["FailureReason"]
    assert reason == "ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: no such role"


def test_no_more_steps_than_allowed_run_at_once(world: World) -> None:
    world.api.held = {"a", "b", "c"}
    arn = world.start(job("a"), job("b"), job("c"), ParallelismConfiguration={"MaxParallelExecutionSteps": 2})
    until(lambda: world.api.created() == ["a", "b"] or world.api.created() == ["b", "a"])
    assert set(world.statuses(arn)) == {"a", "b"}
    until(lambda: "_name" in world.steps(arn)["a"])
    world.api.end("ProcessingJob", world.steps(arn)["a"]["_name"], {"ProcessingJobStatus": "Completed"})
    until(lambda: "c" in world.statuses(arn))
    world.runner.stop(SCOPE, arn)
    until(lambda: "Executing" not in world.statuses(arn).values())


def test_stop_stops_the_jobs_and_starts_nothing(world: World) -> None:
    world.api.held = {"a"}
    arn = world.start(job("a"), job("b", "a"))
    until(lambda: "Metadata" in world.steps(arn).get("a", {}))
    world.store.records.update(SCOPE, EXECUTION, arn, {"PipelineExecutionStatus": "Stopping"}, status="Stopping")
    world.runner.stop(SCOPE, arn)
    assert world.end(arn)["PipelineExecutionStatus"] == "Stopped"
    assert world.statuses(arn) == {"a": "Stopped"}


def test_a_closed_runner_is_resumed_without_a_second_job(world: World) -> None:
    world.api.held = {"two"}
    arn = world.start(job("one"), job("two", "one"), job("three", "two"))
    until(lambda: "Metadata" in world.steps(arn).get("two", {}))
    world.runner.close()
    assert world.statuses(arn) == {"one": "Succeeded", "two": "Executing"}
    world.runner = Runner(world.tools)
    world.runner.recover()
    world.api.end("ProcessingJob", world.steps(arn)["two"]["_name"], {"ProcessingJobStatus": "Completed"})
    assert world.end(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert world.api.created() == ["one", "two", "three"]


def test_a_job_that_ended_with_the_server_is_run_anew(world: World) -> None:
    world.api.held = {"one"}
    arn = world.start(job("one"))
    until(lambda: "Metadata" in world.steps(arn).get("one", {}))
    world.runner.close()
    name, lost = world.steps(arn)["one"]["_name"], "InternalServerError: the emulator ended"
    world.api.end("ProcessingJob", name, {"ProcessingJobStatus": "Failed", "FailureReason": lost})
    world.api.held = set()
    world.runner = Runner(world.tools)
    world.runner.recover()
    assert world.end(arn)["PipelineExecutionStatus"] == "Succeeded"
    step = world.steps(arn)["one"]
    assert step["AttemptCount"] == 2
    assert step["_name"] != name
    assert world.api.created() == ["one", "one"]


def test_retry_policies_try_again_under_a_new_name(world: World) -> None:
    failed = {"ProcessingJobStatus": "Failed", "FailureReason": "CapacityError: none left"}
    world.api.outcomes = {"one": [failed, failed]}
    policy = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 0, "MaxAttempts": 3}
    arn = world.start(job("one", RetryPolicies=[policy]))
    assert world.end(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert world.steps(arn)["one"]["AttemptCount"] == 3
    names = {params["ProcessingJobName"] for op, params in world.api.calls if op == "CreateProcessingJob"}
    assert len(names) == 3


def test_a_cached_step_lends_its_result(world: World) -> None:
    cached = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P1d"}}
    first = world.start(job("one", **cached))
    world.end(first)
    second = world.start(
        job("one", **cached), job("two", arguments={"Environment": {"U": {"Get": "Steps.one.ProcessingJobName"}}})
    )
    assert world.end(second)["PipelineExecutionStatus"] == "Succeeded"
    assert world.api.created() == ["one", "two"]
    step = world.steps(second)["one"]
    assert step["CacheHitResult"] == {"SourcePipelineExecutionArn": first}
    assert step["Metadata"] == world.steps(first)["one"]["Metadata"]
    third = world.start(job("one", arguments={"Environment": {"changed": "1"}}, **cached))
    world.end(third)
    assert world.api.created() == ["one", "two", "one"]


def test_a_reference_that_leads_nowhere_fails_its_step(world: World) -> None:
    arn = world.start(job("one"), job("two", arguments={"Environment": {"X": {"Get": "Steps.one.Nothing"}}}))
    assert world.end(arn)["PipelineExecutionStatus"] == "Failed"
    assert "'Steps.one.Nothing' could not be resolved" in world.steps(arn)["two"]["FailureReason"]


def test_a_selective_execution_runs_only_what_is_selected(world: World) -> None:
    config = {"SelectedSteps": [{"StepName": "one"}]}
    arn = world.start(job("one"), job("two", "one"), SelectiveExecutionConfig=config)
    assert world.end(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert world.statuses(arn) == {"one": "Succeeded"}
