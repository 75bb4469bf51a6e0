"""Who is held and who is not: with a real store, and a thread that ends the job."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emulator import arns
from emulator.arns import Scope
from emulator.aws.call import Call
from emulator.callers import Callers
from emulator.config import Settings
from emulator.store import Store
from handlers.sagemaker import holding

SCOPE = Scope()
HELD, AT_ONCE = "Completed", "InProgress"
RUNNING = frozenset({"InProgress", "Stopping"})
SDK = "Boto3/1.43 md/Botocore#1.43 lib/AWS-SageMaker-Python-SDK#2.257"
BOTO = "Boto3/1.43 md/Botocore#1.43 m/Z,b"
WAITER = "Boto3/1.43 md/Botocore#1.43 m/Z,B,b"
CLI = "aws-cli/1.45 md/Botocore#1.43 m/Z md/command#sagemaker.describe-training-job"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "state.db")
    yield made
    made.close()


class World:
    """One running job, and someone who describes it."""

    def __init__(self, store: Store, name: str, age: float) -> None:
        self.store = store
        self.name = name
        self.callers = Callers()
        self.asked = threading.Event()
        record = {"Status": "InProgress", "CreationTime": arns.now() - age}
        store.records.insert(SCOPE, "TrainingJob", name, record, status="InProgress")

    def describe_once(self, agent: str, attempt: int = 1, internal: bool = False, **settings: Any) -> str:
        headers = {"User-Agent": agent, "amz-sdk-request": f"attempt={attempt}", "Authorization": "AWS4 Credential=a/b"}
        call = Call("sagemaker", "DescribeTrainingJob", {}, SCOPE, headers=headers, internal=internal)
        services: Any = SimpleNamespace(store=self.store, settings=Settings(**settings), callers=self.callers)
        record = self.store.records.get(SCOPE, "TrainingJob", self.name)
        assert record is not None
        self.asked.set()
        held = holding.hold(call, services, "TrainingJob", self.name, record, RUNNING, "Status")
        return str(held["Status"])

    def describe(self, agent: str, **more: Any) -> str:
        """Describe while the job ends: a held call tells of the end, others of the job before. Then it runs on."""

        def end() -> None:
            self.asked.wait()
            time.sleep(0.05)
            self.store.records.update(SCOPE, "TrainingJob", self.name, {"Status": "Completed"}, status="Completed")

        self.asked.clear()
        thread = threading.Thread(target=end)
        thread.start()
        try:
            return self.describe_once(agent, **more)
        finally:
            thread.join()
            self.store.records.update(SCOPE, "TrainingJob", self.name, {"Status": "InProgress"}, status="InProgress")


@pytest.fixture
def old(store: Store, request: pytest.FixtureRequest) -> World:
    return World(store, request.node.name, age=60)


@pytest.fixture
def young(store: Store, request: pytest.FixtureRequest) -> World:
    return World(store, request.node.name, age=-60)  # younger than any slow test makes it


def test_a_first_describe_is_answered_at_once_and_the_second_with_the_end(old: World) -> None:
    assert old.describe(BOTO) == AT_ONCE
    assert old.describe(BOTO) == HELD


def test_the_sdk_is_held_at_its_first_describe(old: World) -> None:
    assert old.describe(SDK) == HELD


def test_the_sdk_is_not_held_right_after_a_create(young: World) -> None:
    assert young.describe(SDK) == AT_ONCE
    assert young.describe(SDK) == AT_ONCE


def test_a_waiter_is_held_whenever_it_asks(young: World) -> None:
    assert young.describe(WAITER) == HELD


def test_the_command_line_is_never_held(old: World) -> None:
    assert [old.describe(CLI) for _ in range(3)] == [AT_ONCE] * 3


def test_a_retry_is_answered_at_once(old: World) -> None:
    assert old.describe(SDK, attempt=2) == AT_ONCE
    assert old.describe(SDK) == HELD


def test_nobody_is_held_when_the_setting_is_off(old: World) -> None:
    assert old.describe(WAITER, hold=False) == AT_ONCE


def test_our_own_engines_are_not_held(old: World) -> None:
    assert old.describe(WAITER, internal=True) == AT_ONCE


def test_callers_are_told_apart(old: World) -> None:
    assert old.describe(BOTO) == AT_ONCE
    assert old.describe(BOTO + " another") == AT_ONCE


def test_a_job_that_is_deleted_meanwhile_is_answered_as_it_was(old: World) -> None:
    def drop() -> None:
        old.asked.wait()
        time.sleep(0.05)
        old.store.records.delete(SCOPE, "TrainingJob", old.name)

    thread = threading.Thread(target=drop)
    thread.start()
    assert old.describe_once(WAITER) == AT_ONCE
    thread.join()
