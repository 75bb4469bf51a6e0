"""``kill -9`` of the server under a mixed load of writers, again and again over one data folder.

After every restart each key holds what was acknowledged last, or what was under way at the kill, byte for byte; nothing
else lies in the folder of bodies. ``SAGEMAKER_EMULATOR_KILLS=300 pytest tests/api/test_s3_kills.py`` for the long run.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError

from tests.conftest import Running

# The session's fixture drops our variables from the environment before a test runs.
KILLS = int(os.environ.get("SAGEMAKER_EMULATOR_KILLS", "8"))
WRITERS, KEYS = 4, 5
PART = 5 << 20

Start = Callable[..., Running]
Body = tuple[int, int] | None  # what a body is made of: a number and a length; None: there is no object


def made(body: tuple[int, int]) -> bytes:
    number, size = body
    return (b"%015d\n" % number * (size // 16 + 1))[:size]


class Writer:
    """Writes keys nobody else writes, and knows for each which bodies it may have now."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.chance = random.Random(number)
        self.possible: dict[str, set[Body]] = {f"{number}/{key}": {None} for key in range(KEYS)}
        self.acknowledged = 0
        self.problem: Exception | None = None
        self._count = number << 32

    def work(self, s3: Any, over: threading.Event) -> None:
        """Random writes until the server is gone."""
        try:
            while not over.is_set():
                self._write(s3, self.chance.choice(list(self.possible)))
                self.acknowledged += 1
        except (NoConnection, HTTPClientError):  # none, or one that broke
            pass
        except Exception as error:
            self.problem = error

    def _write(self, s3: Any, key: str) -> None:
        what = self.chance.random()
        known = [(name, *bodies) for name, bodies in self.possible.items() if len(bodies) == 1 and None not in bodies]
        self._count += 1
        if what < 0.15:
            self._do(key, None, lambda: s3.delete_object(Bucket="kills", Key=key))
        elif what < 0.3 and known:
            name, body = self.chance.choice(known)
            source = {"Bucket": "kills", "Key": name}
            directive = "REPLACE" if name == key else "COPY"
            self._do(
                key,
                body,
                lambda: s3.copy_object(Bucket="kills", Key=key, CopySource=source, MetadataDirective=directive),
            )
        elif what < 0.45:
            key = f"{self.number}/0"  # the large ones on one key: what is on disk stays small
            large = (self._count, PART + self.chance.randrange(PART))
            self._do(key, large, lambda: self._multipart(s3, key, made(large)))
        else:
            small = (self._count, self.chance.randrange(1 << self.chance.randrange(20)))
            self._do(key, small, lambda: s3.put_object(Bucket="kills", Key=key, Body=made(small)))

    def _do(self, key: str, body: Body, write: Callable[[], object]) -> None:
        self.possible[key] = self.possible[key] | {body}
        write()
        self.possible[key] = {body}

    @staticmethod
    def _multipart(s3: Any, key: str, body: bytes) -> None:
        place = {"Bucket": "kills", "Key": key}
        place["UploadId"] = s3.create_multipart_upload(**place)["UploadId"]
        pieces = {1: body[:PART], 2: body[PART:]}
        tags = {number: s3.upload_part(**place, PartNumber=number, Body=pieces[number])["ETag"] for number in (2, 1)}
        parts = [{"PartNumber": number, "ETag": tags[number]} for number in (1, 2)]
        s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})

    def check(self, s3: Any) -> None:
        """Every key holds one of the bodies it may have; that one it has from now on."""
        for key, bodies in self.possible.items():
            found = read(s3, key)
            fitting = [body for body in bodies if found == (None if body is None else made(body))]
            assert fitting, f"{key} holds {found and (len(found), found[:32])}, not one of {bodies}"
            self.possible[key] = {fitting[0]}


def read(s3: Any, key: str) -> bytes | None:
    try:
        body: bytes = s3.get_object(Bucket="kills", Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return body


def client(server: Running) -> Any:
    config = Config(max_pool_connections=WRITERS, read_timeout=30, connect_timeout=5)
    return server.client("s3", config=config)


def load_and_kill(server: Running, s3: Any, writers: list[Writer], delay: float) -> None:
    over = threading.Event()
    threads = [threading.Thread(target=writer.work, args=(s3, over)) for writer in writers]
    for thread in threads:
        thread.start()
    time.sleep(delay)
    os.kill(server.pid, signal.SIGKILL)
    over.set()
    for thread in threads:
        thread.join()
    for writer in writers:
        assert writer.problem is None, writer.problem


def abort_uploads(s3: Any) -> None:
    for upload in s3.list_multipart_uploads(Bucket="kills").get("Uploads", []):
        s3.abort_multipart_upload(Bucket="kills", Key=upload["Key"], UploadId=upload["UploadId"])


def nothing_left_over(folder: Path) -> None:
    """Each file of a body belongs to an object, and no name is in doubt."""
    with sqlite3.connect(f"file:{folder / 'state.db'}?mode=ro", uri=True) as rows:
        owned = {blob for (blob,) in rows.execute("SELECT blob FROM objects WHERE blob != ''")}
    rows.close()
    assert {path.name for path in (folder / "objects" / "bodies").rglob("*") if path.is_file()} == owned
    assert not any(note.stat().st_size for note in (folder / "objects" / "pending").iterdir())


@pytest.mark.timeout(120 + 5 * KILLS)
def test_kills_lose_nothing_and_leave_nothing(start_server: Start, tmp_path: Path) -> None:
    writers = [Writer(number) for number in range(WRITERS)]
    chance = random.Random(4)
    server = start_server("--executor", "process", data_dir=tmp_path)
    s3 = client(server)
    s3.create_bucket(Bucket="kills")
    port = server.url.rpartition(":")[2]
    for _ in range(KILLS):
        load_and_kill(server, s3, writers, chance.random() * 0.5)
        server = start_server("--executor", "process", "--port", port, data_dir=tmp_path)
        for writer in writers:
            writer.check(s3)
        abort_uploads(s3)
        nothing_left_over(tmp_path)
    assert sum(writer.acknowledged for writer in writers) > KILLS
