"""An engine on the fake executor, with a bucket in memory in place of the S3 handlers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emulator import arns
from emulator.arns import Scope
from emulator.config import Settings
from emulator.errors import ServiceError
from emulator.executors.base import Image
from emulator.executors.fake import FakeExecutor
from emulator.jobs.base import JobKey, Tools
from emulator.jobs.engine import Engine
from emulator.logs import Logs
from emulator.store import Store

SCOPE = Scope()
ENDED = {"Completed", "Failed", "Stopped"}


class Bucket:
    """S3 as far as jobs use it; every bucket but ``missing`` exists."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.lock = threading.Lock()

    def __call__(self, scope: Scope, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if params["Bucket"] == "missing":
            raise ServiceError("NoSuchBucket", "The specified bucket does not exist", 404)
        return dict(getattr(self, operation)(**params))

    def ListObjectsV2(self, Bucket: str, Prefix: str) -> dict[str, Any]:
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        return {"Contents": [{"Key": key, "Size": len(self.objects[key])} for key in keys], "IsTruncated": False}

    def GetObject(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise ServiceError("NoSuchKey", "The specified key does not exist.", 404)
        return {"Body": self.objects[Key]}

    def PutObject(self, Bucket: str, Key: str, Body: Any) -> dict[str, Any]:
        with self.lock:
            self.objects[Key] = Body.read()
        return {}


class Bench:
    """Everything a test of the engine touches. ``restart`` is a new server over the same state and containers."""

    def __init__(self, folder: Path, jobs: int = 2) -> None:
        self.store, self.logs = Store(folder / "state.db"), Logs(folder / "logs")
        self.executor, self.s3 = FakeExecutor(), Bucket()
        self.notes: tuple[str, ...] = ()
        images: Any = SimpleNamespace(resolve=lambda uri, progress: Image(uri, uri, notes=self.notes))
        objects: Any = SimpleNamespace()
        settings = Settings(data_dir=folder, max_jobs=jobs)
        self.tools = Tools(
            settings, self.store, objects, self.logs, images, self.executor, self.s3, folder / "work", lambda: 1
        )
        self.engine = Engine(self.tools)
        self.engine.start()

    def restart(self) -> None:
        self.engine.close()
        self.engine = Engine(self.tools)
        self.engine.start()
        self.engine.recover()

    def insert(self, kind: str, name: str, **members: Any) -> JobKey:
        """Store a job's record as the handlers do."""
        noun = {"TrainingJob": "training-job", "ProcessingJob": "processing-job"}[kind]
        record: dict[str, Any] = {
            f"{kind}Name": name,
            f"{kind}Arn": arns.arn(SCOPE, f"{noun}/{name}"),
            f"{kind}Status": "InProgress",
            "CreationTime": arns.now(),
            "RoleArn": "arn:aws:iam::123456789012:role/R",
        }
        self.store.records.insert(SCOPE, kind, name, {**record, **members}, status="InProgress")
        return JobKey(SCOPE, kind, name)

    def training(self, name: str, **members: Any) -> JobKey:
        defaults = {
            "SecondaryStatus": "Starting",
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        }
        return self.insert("TrainingJob", name, **{**defaults, **members})

    def processing(self, name: str, **members: Any) -> JobKey:
        defaults = {
            "AppSpecification": {"ImageUri": "image"},
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
        }
        return self.insert("ProcessingJob", name, **{**defaults, **members})

    def record(self, key: JobKey) -> dict[str, Any]:
        found = self.store.records.get(key.scope, key.kind, key.name)
        assert found is not None
        return found

    def wait(self, key: JobKey, done: Callable[[dict[str, Any]], bool] | None = None) -> dict[str, Any]:
        """The record once it has ended (or is ``done``)."""
        check = done or (lambda record: record[f"{key.kind}Status"] in ENDED)
        record = self.store.records.wait(key.scope, key.kind, key.name, check, 20)
        assert record is not None
        assert check(record), record
        return record

    def run(self, key: JobKey) -> dict[str, Any]:
        self.engine.submit(key)
        return self.wait(key)

    def started(self, key: JobKey) -> dict[str, Any]:
        """The record once all its containers run."""
        return self.wait(key, lambda record: "_started" in record)

    def lines(self, key: JobKey) -> list[str]:
        group = f"/aws/sagemaker/{key.kind}s"
        streams = self.logs.streams(group, f"{key.name}/")
        return [event.message for stream in streams for event in self.logs.stream(group, stream).events()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.engine.close()
    made.executor.close()
    made.store.close()
