"""The user's code: fetched from S3, a channel or a folder into ``/opt/ml/code``, its requirements installed.

S3 is asked at ``S3_ENDPOINT_URL`` where it is set: boto3 knows ``AWS_ENDPOINT_URL`` only from 1.28 on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from urllib.parse import urlparse


class SourceError(Exception):
    """The code could not be fetched or its requirements not installed; the message is for the user."""


def fetch(submitted: str, code: Path) -> Path:
    """Make the code of ``submitted`` (``s3://…``, ``file://…``, a tarball or a folder) the content of ``code``.

    Returns the folder to run in: ``code``, or a folder given as such, which is left where it is.
    """
    parts = urlparse(submitted)
    if parts.scheme == "s3":
        with tempfile.TemporaryDirectory() as aside:
            archive = Path(aside) / Path(parts.path).name
            _download(parts.netloc, parts.path.lstrip("/"), archive)
            return _place(archive, code)
    local = Path(parts.path if parts.scheme == "file" else submitted)
    if local.is_dir():
        return local
    if not local.is_file():
        raise SourceError(f"There is no code at {submitted}")
    return _place(local, code)


def install_requirements(folder: Path) -> None:
    """``pip install -r requirements.txt`` where the code brings one."""
    if not (folder / "requirements.txt").is_file():
        return
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt"]
    done = subprocess.run(command, cwd=str(folder), check=False)
    if done.returncode:
        raise SourceError(f"pip install -r requirements.txt ended with {done.returncode}; its output is in the log")


def _place(archive: Path, code: Path) -> Path:
    code.mkdir(parents=True, exist_ok=True)
    if not tarfile.is_tarfile(archive):
        shutil.copy2(str(archive), str(code / archive.name))
        return code
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(code, filter="data")
        else:
            tar.extractall(code)
    return code


def _download(bucket: str, key: str, target: Path) -> None:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    region = os.environ.get("AWS_REGION") or os.environ.get("SAGEMAKER_REGION")
    client = boto3.client("s3", region_name=region, endpoint_url=os.environ.get("S3_ENDPOINT_URL"))
    try:
        client.download_file(bucket, key, str(target))
    except (BotoCoreError, ClientError) as error:
        raise SourceError(f"s3://{bucket}/{key} could not be fetched: {error}") from error
