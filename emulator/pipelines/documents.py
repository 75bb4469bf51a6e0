"""JSON documents in S3, for property files and ``Std:JsonGet``."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from emulator.arns import Scope
from emulator.aws.call import FileBody
from emulator.errors import ServiceError
from emulator.jobs.base import CallApi
from emulator.pipelines.expressions import Unresolved


def read_object(call: CallApi, scope: Scope, bucket: str, key: str, version: str = "") -> bytes:
    """An object's bytes. Raises the ServiceError S3 answers."""
    params = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
    body: FileBody = call(scope, "s3", "GetObject", params)["Body"]
    return body.read()


def read_json(call: CallApi, scope: Scope, uri: str) -> Any:
    """The parsed document at an S3 URI; ``Unresolved`` when it is not there or no JSON."""
    parts = urlsplit(uri)
    try:
        return json.loads(read_object(call, scope, parts.netloc, parts.path.lstrip("/")))
    except ServiceError as error:
        raise Unresolved(f"Could not read {uri}: {error.message}") from error
    except ValueError as error:
        raise Unresolved(f"{uri} is not valid JSON: {error}.") from error
