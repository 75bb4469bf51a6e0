"""The engine's promises on the fake executor: statuses, stop, time-outs, failing hosts, restarts."""

from __future__ import annotations

import gzip
import io
import tarfile
import threading
from typing import Any

import pytest

from emulator.errors import ServiceError
from emulator.executors.fake import Play
from emulator.jobs.base import ENDED, TRANSITIONS, allowed
from tests.unit.jobs.conftest import Bench

MODEL = {"/opt/ml/model/model.bin": b"weights"}
OUTPUT = {
    "Outputs": [
        {
            "OutputName": "o",
            "S3Output": {"S3Uri": "s3://bucket/o", "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"},
        }
    ]
}


def secondary(record: dict[str, Any]) -> list[str]:
    return [entry["Status"] for entry in record["SecondaryStatusTransitions"]]


def names(body: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(body))) as tar:
        return tar.getnames()


def leftovers(bench: Bench) -> list[str]:
    files = [path.name for path in bench.tools.work.glob("*/*")]
    return files + bench.executor.networks + [container.name for container in bench.executor.find({})]


def test_ended_is_ended() -> None:
    assert all(not allowed(old, new) for old in ENDED for new in TRANSITIONS)
    assert not allowed("Stopping", "InProgress")
    assert allowed("", "InProgress")


def test_a_training_job_from_start_to_end(bench: Bench) -> None:
    lines = ("loss=0.5", "", "  ", "loss=0.25")
    bench.executor.play("good", Play(lines=lines, files={**MODEL, "/opt/ml/output/data/report": b"r"}))
    algorithm = {"TrainingImage": "image", "MetricDefinitions": [{"Name": "loss", "Regex": r"loss=(\S+)"}]}
    key = bench.training("good", AlgorithmSpecification=algorithm)
    record = bench.run(key)
    assert record["TrainingJobStatus"] == record["SecondaryStatus"] == "Completed"
    assert secondary(record) == ["Downloading", "Training", "Uploading", "Completed"]
    assert all(entry["StatusMessage"] and entry["EndTime"] for entry in record["SecondaryStatusTransitions"])
    assert record["ModelArtifacts"]["S3ModelArtifacts"] == "s3://bucket/out/good/output/model.tar.gz"
    assert record["TrainingStartTime"] <= record["TrainingEndTime"]
    assert record["BillableTimeInSeconds"] == record["TrainingTimeInSeconds"] >= 1
    assert [(m["MetricName"], m["Value"]) for m in record["FinalMetricDataList"]] == [("loss", 0.25)]
    assert bench.lines(key) == ["loss=0.5", "loss=0.25"]
    assert names(bench.s3.objects["out/good/output/model.tar.gz"]) == ["model.bin"]
    assert names(bench.s3.objects["out/good/output/output.tar.gz"]) == ["report"]
    assert not [member for member in record if member.startswith("_") and member not in {"_epoch", "_Series"}]
    assert [(name, value) for name, _, value in record["_Series"]] == [("loss", 0.5), ("loss", 0.25)]
    assert leftovers(bench) == []


def test_the_container_gets_train_or_what_the_request_says(bench: Bench) -> None:
    cases: list[tuple[dict[str, Any], Any]] = [
        ({}, (None, ("train",))),
        ({"ContainerEntrypoint": ["a"]}, (("a",), ())),
        ({"ContainerArguments": ["b"]}, (None, ("b",))),
        ({"ContainerEntrypoint": ["a"], "ContainerArguments": ["b"]}, (("a",), ("b",))),
    ]
    for number, (members, expected) in enumerate(cases):
        bench.run(bench.training(f"words-{number}", AlgorithmSpecification={"TrainingImage": "i", **members}))
        spec = bench.executor.started[-1]
        assert (spec.entrypoint, spec.arguments) == expected


def test_a_failing_training_job_says_why(bench: Bench) -> None:
    files = {**MODEL, "/opt/ml/output/failure": b"f" * 5000, "/opt/ml/output/data/x": b"x"}
    bench.executor.play("bad", Play(code=7, files=files))
    record = bench.run(bench.training("bad"))
    assert record["TrainingJobStatus"] == "Failed"
    assert record["FailureReason"].startswith("AlgorithmError: fff")
    assert record["FailureReason"].endswith("f, exit code: 7")
    assert len(record["FailureReason"]) == 1024
    assert secondary(record)[-1] == "Failed"
    assert list(bench.s3.objects) == ["out/bad/output/output.tar.gz"]
    assert leftovers(bench) == []


@pytest.mark.parametrize(
    ("play", "reason"),
    [
        (Play(code=137, out_of_memory=True), "ClientError: Please use an instance type with more memory"),
        (Play(refused="no such image"), "ClientError: no such image"),
        (Play(code=1), "AlgorithmError: , exit code: 1"),
    ],
)
def test_other_ends(bench: Bench, play: Play, reason: str) -> None:
    bench.executor.play("job", play)
    assert bench.run(bench.training("job"))["FailureReason"].startswith(reason)
    assert leftovers(bench) == []


def test_an_image_without_a_model_makes_no_archive(bench: Bench) -> None:
    assert bench.run(bench.training("empty"))["TrainingJobStatus"] == "Completed"
    assert bench.s3.objects == {}


def test_stop_keeps_the_model(bench: Bench) -> None:
    bench.executor.play("held", Play(hold=True, files=MODEL))
    key = bench.training("held")
    bench.engine.submit(key)
    bench.started(key)
    bench.engine.stop(key)
    record = bench.wait(key)
    assert record["TrainingJobStatus"] == record["SecondaryStatus"] == "Stopped"
    assert secondary(record) == ["Downloading", "Training", "Stopping", "Stopped"]
    assert "out/held/output/model.tar.gz" in bench.s3.objects
    assert "FailureReason" not in record
    with pytest.raises(ServiceError, match="rejected because the training job is in status Stopped"):
        bench.engine.stop(key)


def test_stop_of_a_waiting_job_is_at_once(bench: Bench) -> None:
    bench.executor.play("held", Play(hold=True))
    held = [bench.training(f"held-{number}") for number in range(2)]
    for key in held:
        bench.engine.submit(key)
        bench.started(key)
    waiting = bench.training("waiting")
    bench.engine.submit(waiting)
    bench.engine.stop(waiting)
    assert bench.record(waiting)["TrainingJobStatus"] == "Stopped"
    assert "TrainingStartTime" not in bench.record(waiting)


def test_time_is_up(bench: Bench) -> None:
    bench.executor.play("late", Play(hold=True, files=MODEL))
    key = bench.training("late", StoppingCondition={"MaxRuntimeInSeconds": 1})
    record = bench.run(key)
    assert (record["TrainingJobStatus"], record["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert "out/late/output/model.tar.gz" in bench.s3.objects
    bench.executor.play("slow", Play(hold=True))
    late = bench.processing("slow", StoppingCondition={"MaxRuntimeInSeconds": 1})
    record = bench.run(late)
    assert (record["ProcessingJobStatus"], record["FailureReason"][:18]) == ("Stopped", "MaxRuntimeExceeded")


def test_one_failing_host_ends_the_others(bench: Bench) -> None:
    bench.executor.play("many-algo-2", Play(code=5, files={"/opt/ml/output/failure": b"two broke"}))
    bench.executor.play("many", Play(hold=True, files={"/opt/ml/output/failure": b"was ended"}))
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 3}
    record = bench.run(bench.training("many", ResourceConfig=resources))
    assert record["FailureReason"] == "AlgorithmError: two broke, exit code: 5"
    assert len(bench.executor.started) == 3
    assert len({spec.network for spec in bench.executor.started} - {None, "none"}) == 1
    assert leftovers(bench) == []


def test_models_of_all_hosts_are_merged(bench: Bench) -> None:
    bench.executor.play("merge-algo-1", Play(files={"/opt/ml/model/a": b"1", "/opt/ml/model/d/x": b"1"}))
    bench.executor.play("merge-algo-2", Play(files={"/opt/ml/model/a": b"2", "/opt/ml/model/d/y": b"2"}))
    bench.run(bench.training("merge", ResourceConfig={"InstanceType": "m", "InstanceCount": 2}))
    with tarfile.open(fileobj=io.BytesIO(bench.s3.objects["out/merge/output/model.tar.gz"])) as tar:
        assert tar.getnames() == ["a", "d", "d/x", "d/y"]
        assert tar.extractfile("a").read() == b"1"  # type: ignore[union-attr]


def test_more_jobs_than_workers_all_run(bench: Bench) -> None:
    keys = [bench.training(f"job-{number}") for number in range(7)]
    for key in keys:
        bench.engine.submit(key)
    assert {bench.wait(key)["TrainingJobStatus"] for key in keys} == {"Completed"}
    assert leftovers(bench) == []


def test_idle_engines_have_no_threads(bench: Bench) -> None:
    bench.run(bench.training("job"))
    for thread in threading.enumerate():
        if thread.name.startswith("job-"):
            thread.join(5)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("job-")]


def test_a_deleted_job_is_cleaned_up(bench: Bench) -> None:
    bench.executor.play("gone", Play(hold=True))
    key = bench.training("gone")
    bench.engine.submit(key)
    bench.started(key)
    bench.store.records.delete(key.scope, key.kind, key.name)
    bench.executor.release("gone")
    for thread in threading.enumerate():
        if thread.name == "job-worker":
            thread.join(5)
    assert leftovers(bench) == []


def test_missing_buckets_fail_the_job(bench: Bench) -> None:
    bench.executor.play("up", Play(files=MODEL))
    record = bench.run(bench.training("up", OutputDataConfig={"S3OutputPath": "s3://missing/x"}))
    assert record["FailureReason"].startswith("ClientError: Data upload failed: s3://missing/x")
    channel = {"ChannelName": "c", "DataSource": {"S3DataSource": {"S3Uri": "s3://missing/k"}}}
    record = bench.run(bench.training("down", InputDataConfig=[channel]))
    assert record["FailureReason"].startswith("ClientError: Data download failed: No S3 objects found")
    assert leftovers(bench) == []


def test_processing_uploads_and_tells_its_message(bench: Bench) -> None:
    files = {"/opt/ml/processing/out/a/b": b"1", "/opt/ml/output/message": b"m" * 2000}
    bench.executor.play("proc", Play(files=files, code=1))
    record = bench.run(bench.processing("proc", ProcessingOutputConfig=OUTPUT))
    assert record["ProcessingJobStatus"] == "Failed"
    assert record["ExitMessage"] == "m" * 1024
    assert bench.s3.objects == {"o/a/b": b"1"}


def test_a_restart_adopts_running_containers(bench: Bench) -> None:
    bench.executor.play("held", Play(hold=True, lines=("one=1", "two"), files=MODEL))
    algorithm = {"TrainingImage": "image", "MetricDefinitions": [{"Name": "one", "Regex": r"one=(\d)"}]}
    key = bench.training("held", AlgorithmSpecification=algorithm)
    bench.engine.submit(key)
    bench.started(key)
    while len(bench.lines(key)) < 2:
        pass
    bench.restart()
    assert bench.record(key)["TrainingJobStatus"] == "InProgress"
    bench.executor.release("held")
    record = bench.wait(key)
    assert record["TrainingJobStatus"] == "Completed"
    assert secondary(record) == ["Downloading", "Training", "Uploading", "Completed"]
    assert bench.lines(key) == ["one=1", "two"]
    assert record["FinalMetricDataList"][0]["Value"] == 1
    assert len(bench.executor.started) == 1
    assert "out/held/output/model.tar.gz" in bench.s3.objects
    assert leftovers(bench) == []


def test_notes_on_an_image_begin_the_log_and_are_not_counted_as_the_containers(bench: Bench) -> None:
    bench.notes = ("Warning: another version",)
    printed = ["one", "two"]
    bench.executor.play("held", Play(hold=True, lines=printed))
    key = bench.processing("held")
    bench.engine.submit(key)
    bench.started(key)
    while len(bench.lines(key)) < 3:
        pass
    printed.append("three")
    bench.restart()
    bench.executor.release("held")
    bench.wait(key)
    assert bench.lines(key) == ["Warning: another version", "one", "two", "three"]


def test_a_restart_ends_jobs_whose_containers_are_gone(bench: Bench) -> None:
    bench.executor.play("held", Play(hold=True))
    key = bench.processing("held", ProcessingOutputConfig=OUTPUT)
    bench.engine.submit(key)
    bench.started(key)
    bench.engine.close()
    bench.executor.lose("held")
    bench.restart()
    record = bench.wait(key)
    assert record["ProcessingJobStatus"] == "Failed"
    assert record["FailureReason"].startswith("InternalServerError: the emulator ended while the processing job ran")
    assert leftovers(bench) == []


def test_a_restart_begins_again_what_had_not_started(bench: Bench) -> None:
    key = bench.training("early")
    bench.engine.close()
    bench.restart()
    assert bench.wait(key)["TrainingJobStatus"] == "Completed"


def test_a_restart_goes_on_stopping(bench: Bench) -> None:
    bench.executor.play("held", Play(hold=True, files=MODEL))
    key = bench.training("held")
    bench.engine.submit(key)
    bench.started(key)
    bench.engine.close()
    bench.engine.stop(key)
    bench.restart()
    assert bench.wait(key)["TrainingJobStatus"] == "Stopped"
    assert "out/held/output/model.tar.gz" in bench.s3.objects


def test_a_restart_between_end_and_upload_uploads(bench: Bench) -> None:
    key = bench.training("ended")
    work = bench.tools.work / "TrainingJob"
    bench.executor.play("held", Play(hold=True, files=MODEL))
    held = bench.training("held")
    bench.engine.submit(held)
    bench.started(held)
    bench.engine.close()
    folder = next(work.glob("held-*")) / "algo-1" / "model"
    (folder / "model.bin").write_bytes(b"w")
    exits = {"algo-1": {"code": 0, "out_of_memory": False, "lost": False}}
    bench.store.records.update(*(held.scope, held.kind, held.name), {"_exits": exits, "_ending": "exit"})
    bench.restart()
    assert bench.wait(held)["TrainingJobStatus"] == "Completed"
    assert bench.wait(key)["TrainingJobStatus"] == "Completed"
    assert names(bench.s3.objects["out/held/output/model.tar.gz"]) == ["model.bin"]
    assert leftovers(bench) == []
