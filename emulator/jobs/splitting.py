"""Batch transform: a file -> records -> payloads for the model, and the answers put together again. Pure.

A record is a line without its newline. ``MultiRecord`` packs as many whole lines as MaxPayloadInMB holds; a line that
is larger than that alone fails the job, as a payload may not be cut. Empty lines are no records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from emulator.jobs.base import JobFailed

MEGABYTE = 1024 * 1024
Batch = list[bytes]


def records(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, without newlines and without empty ones; memory holds one line."""
    for line in file:
        record = line.rstrip(b"\r\n")
        if record:
            yield record


def batches(lines: Iterable[bytes], multi: bool, limit: int) -> Iterator[Batch]:
    """Lists of records that make one payload each; ``limit`` in bytes, 0 for none. Raises JobFailed on a big record."""
    batch: Batch = []
    size = 0
    for line in lines:
        check_size(len(line), limit)
        if batch and (not multi or (limit and size + len(line) + 1 > limit)):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield batch


def check_size(size: int, limit: int) -> None:
    """JobFailed when one record (or whole file, without split) does not fit into a payload."""
    if limit and size > limit:
        raise JobFailed(
            f"ClientError: Too much data for max payload size: a record of {size} bytes exceeds MaxPayloadInMB "
            f"({limit // MEGABYTE} MB)"
        )


def payload(batch: Batch) -> bytes:
    """The body of one request."""
    return b"\n".join(batch)


def answers(body: bytes, batch: Batch) -> list[bytes] | None:
    """The lines of an answer if there is exactly one for each record of the batch, else ``None``."""
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) == len(batch):
        return lines
    return [body.strip()] if len(batch) == 1 else None


def assembled(body: bytes, with_line: bool) -> bytes:
    """What goes into the output file for one answer: with AssembleWith ``Line`` it ends with a newline."""
    return body if not with_line or body.endswith(b"\n") else body + b"\n"
