"""Jobs through boto3 on a running server: a bucket, scripts as containers, waiting, logs. Fixture ``account``."""

from __future__ import annotations

import io
import itertools
import tarfile
import time
from collections.abc import Callable
from typing import Any

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
ENDED = {"Completed", "Failed", "Stopped"}
LOOK_SECONDS, LOOKS = 0.1, 1500

_numbers = itertools.count(int(time.time()) % 100000 * 1000)


class Account:
    """What a test does to a server. Job names begin with their kind (``training-7``), which the methods go by."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.bucket = f"jobs-{next(_numbers)}"
        self.use(client)
        self.s3.create_bucket(Bucket=self.bucket)

    def use(self, client: Callable[..., Any]) -> None:
        """Go on with another server that has the same state."""
        self.s3, self.sagemaker, self.logs = client("s3"), client("sagemaker"), client("logs")

    def name(self, kind: str) -> str:
        return f"{kind}-{next(_numbers)}"

    def uri(self, key: str = "") -> str:
        return f"s3://{self.bucket}/{key}"

    def put(self, key: str, body: bytes | str = b"x") -> str:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return self.uri(key)

    def get(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def keys(self, prefix: str = "") -> list[str]:
        return [o["Key"] for o in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])]

    def tar(self, key: str) -> dict[str, bytes]:
        """The regular files of a tar.gz object."""
        with tarfile.open(fileobj=io.BytesIO(self.get(key))) as tar:
            return {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}  # type: ignore[union-attr]

    def put_tar(self, key: str, files: dict[str, bytes]) -> str:
        """A tar.gz of these files as an object; its URI."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name, body in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(body)
                tar.addfile(member, io.BytesIO(body))
        return self.put(key, packed.getvalue())

    def start_processing(self, script: str, *arguments: str, hosts: int = 1, image: str = IMAGE, **more: Any) -> str:
        name = self.name("processing")
        code = s3_input("code", self.put(f"code/{name}/script.py", script), "/opt/ml/processing/code")
        entrypoint = ["python3", "/opt/ml/processing/code/script.py"]
        application: dict[str, Any] = {"ImageUri": image, "ContainerEntrypoint": entrypoint}
        if arguments:
            application["ContainerArguments"] = list(arguments)
        self.sagemaker.create_processing_job(
            ProcessingJobName=name,
            AppSpecification=application,
            ProcessingResources={"ClusterConfig": {**CLUSTER, "InstanceCount": hosts}},
            ProcessingInputs=[code, *more.pop("ProcessingInputs", [])],
            RoleArn=ROLE,
            **more,
        )
        return name

    def start_training(self, script: str, hosts: int = 1, **more: Any) -> str:
        name = self.name("training")
        algorithm = {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/script.py"],
            **more.pop("algorithm", {}),
        }
        code = channel("code", self.put(f"code/{name}/script.py", script))
        self.sagemaker.create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification=algorithm,
            OutputDataConfig={"S3OutputPath": self.uri("output"), **more.pop("output", {})},
            ResourceConfig={**CLUSTER, "InstanceCount": hosts},
            InputDataConfig=[code, *more.pop("InputDataConfig", [])],
            RoleArn=ROLE,
            StoppingCondition={"MaxRuntimeInSeconds": more.pop("seconds", 3600)},
            **more,
        )
        return name

    def processing(self, script: str, *arguments: str, **more: Any) -> dict[str, Any]:
        return self.wait(self.start_processing(script, *arguments, **more))

    def training(self, script: str, **more: Any) -> dict[str, Any]:
        return self.wait(self.start_training(script, **more))

    def describe(self, name: str) -> dict[str, Any]:
        kind = name.partition("-")[0]
        describe = getattr(self.sagemaker, f"describe_{kind}_job")
        return dict(describe(**{f"{kind.capitalize()}JobName": name}))

    def status(self, name: str) -> str:
        """The status now, by a list: a describe of unfinished work is held back until there is news."""
        kind = name.partition("-")[0]
        page = getattr(self.sagemaker, f"list_{kind}_jobs")(NameContains=name)
        return str(page[f"{kind.capitalize()}JobSummaries"][0][f"{kind.capitalize()}JobStatus"])

    def wait(self, name: str, until: Callable[[], bool] | None = None) -> dict[str, Any]:
        """The description once the job has ended, or, while it still runs, once ``until()`` is true."""
        for _ in range(LOOKS):
            if until and until():
                return self.describe(name)
            if self.status(name) in ENDED:
                assert until is None, self.describe(name)
                return self.describe(name)
            time.sleep(LOOK_SECONDS)
        raise AssertionError(self.describe(name))

    def lines(self, name: str) -> list[str]:
        """All log lines of a job, stream by stream; none while there are no streams."""
        group = f"/aws/sagemaker/{name.partition('-')[0].capitalize()}Jobs"
        try:
            answer = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        found = []
        for stream in answer["logStreams"]:
            page = self.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )
            found += [event["message"] for event in page["events"]]
        return found

    def stop(self, name: str) -> None:
        kind = name.partition("-")[0]
        getattr(self.sagemaker, f"stop_{kind}_job")(**{f"{kind.capitalize()}JobName": name})


def s3_input(name: str, uri: str, path: str, **more: str) -> dict[str, Any]:
    """A ProcessingInput."""
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File", **more}
    return {"InputName": name, "S3Input": source}


def s3_output(name: str, uri: str, path: str, mode: str = "EndOfJob") -> dict[str, Any]:
    """A ProcessingOutput."""
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": mode}}


def channel(name: str, uri: str, mode: str = "File", **source: Any) -> dict[str, Any]:
    """A channel of InputDataConfig."""
    data = {"S3DataType": "S3Prefix", "S3Uri": uri, **source}
    return {"ChannelName": name, "InputMode": mode, "DataSource": {"S3DataSource": data}}
