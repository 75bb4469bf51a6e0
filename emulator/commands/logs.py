"""``logs [-f] JOB``: a job's CloudWatch log streams, as a client reads them; ``-f`` goes on until the job has ended."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

from emulator.commands._output import Failure, note, say
from emulator.commands._servers import add_data_dir, data_dir_of, key_pairs, need
from emulator.credentials import KeyPair

HELP = "show a job's log; -f follows it until the job ends"

# What a job kind is called in log groups, in its List operation and in the answer of that.
KINDS = ("Training", "Processing", "Transform")
UNFINISHED = {"InProgress", "Stopping", "Pending"}
PAUSE = 0.3


def add(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--region", default=None, help="the job's region (default: the server's)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the job has ended")
    parser.add_argument("job", metavar="JOB", help="the name of a training, processing or transform job")


def run(arguments: argparse.Namespace) -> int:
    health = need(data_dir_of(arguments))
    pair = next(iter(key_pairs(health)), KeyPair("emulator", "emulator"))
    clients = Clients(health["url"], arguments.region or health["region"], pair)
    kind = next((kind for kind in KINDS if clients.status(kind, arguments.job)), None)
    if kind is None:
        raise Failure(f"there is no job {arguments.job} in {arguments.region or health['region']}")
    tokens: dict[str, str] = {}
    while True:
        # The status first: lines written before the job ended are then read by the last round.
        ended = clients.status(kind, arguments.job) not in UNFINISHED
        for line in clients.new_lines(kind, arguments.job, tokens):
            say(line)
        if ended or not arguments.follow:
            clients.explain(kind, arguments.job, ended)
            return 0
        time.sleep(PAUSE)


class Clients:
    """The SageMaker and Logs APIs of one server."""

    def __init__(self, url: str, region: str, pair: KeyPair) -> None:
        import boto3
        from botocore.config import Config

        session = boto3.Session(pair.id, pair.secret, region_name=region)
        config = Config(proxies={}, retries={"total_max_attempts": 1})
        self._sagemaker = session.client("sagemaker", endpoint_url=url, config=config)
        self._logs = session.client("logs", endpoint_url=url, config=config)

    def status(self, kind: str, job: str) -> str:
        """A job's status, or ``""`` if there is no such job. From the list: Describe may be held until it changes."""
        pages = self._sagemaker.get_paginator(f"list_{kind.lower()}_jobs").paginate(NameContains=job)
        for page in pages:
            for summary in page[f"{kind}JobSummaries"]:
                if summary[f"{kind}JobName"] == job:
                    return str(summary[f"{kind}JobStatus"])
        return ""

    def explain(self, kind: str, job: str, ended: bool) -> None:
        """Say on stderr what the log does not: that the job runs still, or why it failed."""
        if not ended:
            note(f"sagemaker-emulator: {job} has not ended; -f follows it")
            return
        # Describe is held for unfinished jobs only.
        found = getattr(self._sagemaker, f"describe_{kind.lower()}_job")(**{f"{kind}JobName": job})
        if "FailureReason" in found:
            note(f"sagemaker-emulator: {job} {found[f'{kind}JobStatus']}: {found['FailureReason']}")

    def new_lines(self, kind: str, job: str, tokens: dict[str, str]) -> Iterator[str]:
        """Lines not read before, stream by stream; ``tokens`` remembers how far each was read."""
        group = f"/aws/sagemaker/{kind}Jobs"
        streams = self._streams(group, f"{job}/")
        for stream in streams:
            prefix = f"{stream.removeprefix(job + '/')}  " if len(streams) > 1 else ""
            while True:
                token = {"nextToken": tokens[stream]} if stream in tokens else {}
                page = self._logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **token)
                yield from (prefix + event["message"] for event in page["events"])
                if tokens.get(stream) == page["nextForwardToken"]:
                    break
                tokens[stream] = page["nextForwardToken"]

    def _streams(self, group: str, prefix: str) -> list[str]:
        from botocore.exceptions import ClientError

        answer: dict[str, Any]
        try:
            answer = self._logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return []
            raise
        return [stream["logStreamName"] for stream in answer["logStreams"]]
