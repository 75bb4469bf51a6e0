"""What the server adds to the containers it runs, against the same containers started by hand in the same run.

Prints, for every figure, ours, the peer's and the ratio; nothing is asserted on seconds. Parts:

* ``step``      one no-op processing job until its record says Completed, against ``docker run`` of the same command
* ``pipeline``  three chained no-op processing steps, against three ``docker run`` in a row
* ``sdk``       a 12 s job through the SDK's ``Processor.run(logs=True)``: what a user waits for
* ``server``    start to first answer; idle memory (PSS of all processes)
* ``objects``   1 GB up and down through boto3, and the server's memory meanwhile

Usage: ``make bench`` or ``python benchmarks/steps.py [part ...]``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness import Server, docker_run, end_on_signals, pss, report

IMAGE = "python:3.11-slim"
ROLE = "arn:aws:iam::123456789012:role/bench"
ROUNDS = 5


def timed(function: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def paired(ours: Callable[[], object], peer: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Medians of both, and the median of the ratios pair by pair; one warm-up of each is not counted."""
    ours(), peer()
    pairs = [(timed(ours), timed(peer)) for _ in range(rounds)]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def processing_request(name: str, command: list[str]) -> dict[str, object]:
    """A CreateProcessingJob request without inputs or outputs."""
    return {
        "ProcessingJobName": name,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": command},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "RoleArn": ROLE,
    }


def step(server: Server) -> None:
    """One no-op job against one container."""
    client = server.client("sagemaker")
    counter = iter(range(1000))

    def ours() -> None:
        name = f"noop-{next(counter)}"
        client.create_processing_job(**processing_request(name, ["true"]))
        server.until(
            lambda: client.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "Completed"
        )

    report("no-op processing job / docker run", *paired(ours, lambda: docker_run(IMAGE, ["true"])))


def pipeline(server: Server) -> None:
    """Three chained no-op steps against three containers in a row."""
    client = server.client("sagemaker")
    steps = [
        {
            "Name": f"step{n}",
            "Type": "Processing",
            "Arguments": {k: v for k, v in processing_request("", ["true"]).items() if k != "ProcessingJobName"},
            **({"DependsOn": [f"step{n - 1}"]} if n else {}),
        }
        for n in range(3)
    ]
    definition = {"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": steps}
    client.create_pipeline(PipelineName="noop", RoleArn=ROLE, PipelineDefinition=json.dumps(definition))

    def ours() -> None:
        arn = client.start_pipeline_execution(PipelineName="noop")["PipelineExecutionArn"]
        server.until(
            lambda: (
                client.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Succeeded"
            )
        )

    def peer() -> None:
        for _ in range(3):
            docker_run(IMAGE, ["true"])

    report("3-step pipeline / 3 docker runs", *paired(ours, peer))


SDK_SCRIPT = """
import sys, sagemaker
from sagemaker.processing import Processor
Processor(role=sys.argv[1], image_uri=sys.argv[2], instance_count=1, instance_type="ml.m5.large",
          entrypoint=["sleep", "12"]).run(logs=True)
"""


def sdk(server: Server) -> None:
    """A 12 s job as the SDK's user sees it, imports included, against the same container by hand."""
    ours = timed(lambda: server.run_script(SDK_SCRIPT, ROLE, IMAGE))
    peer = timed(lambda: docker_run(IMAGE, ["sleep", "12"]))
    report("12 s job through run(logs=True) / docker run", ours, peer, ours / peer)


def start(server: Server) -> None:
    """Start to first answer, and idle memory."""
    print(f"{'start to first answer':48} {server.started_in:8.3f} s")
    print(f"{'idle PSS of all processes':48} {pss(server.pid) / 2**20:8.1f} MB")


def objects(server: Server) -> None:
    """1 GB up and down through boto3; the server's peak memory over idle, sampled."""
    client = server.client("s3")
    client.create_bucket(Bucket="bench")
    idle = pss(server.pid)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        with source.open("wb") as file:
            for _ in range(1024):
                file.write(bytes(2**20))
        with server.peak_memory() as peak:
            up = timed(lambda: client.upload_file(str(source), "bench", "big"))
            down = timed(lambda: client.download_file("bench", "big", str(target)))
        copy = timed(lambda: target.write_bytes(b"") or _copy(source, target))
    report("1 GB upload / file copy", up, copy, up / copy)
    report("1 GB download / file copy", down, copy, down / copy)
    print(f"{'peak memory over idle':48} {(peak.value - idle) / 2**20:8.1f} MB")


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reader, target.open("wb") as writer:
        while piece := reader.read(2**20):
            writer.write(piece)


PARTS = {"server": start, "step": step, "pipeline": pipeline, "sdk": sdk, "objects": objects}


def main() -> int:
    """Run the parts named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of {', '.join(PARTS)} (default: all)")
    chosen = parser.parse_args().parts or list(PARTS)
    end_on_signals()
    with Server(executor="docker") as server:
        for name in chosen:
            PARTS[name](server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
