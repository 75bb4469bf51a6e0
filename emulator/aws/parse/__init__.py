"""HTTP -> params, driven by the model: :func:`parse`.

Params come out as :mod:`emulator.aws.call` promises them: API spelling, absent members absent, times as epoch seconds,
blobs as bytes, a streaming body as a reader. Unknown members are dropped, as AWS does; a value of the wrong JSON type
is a 400 ``SerializationException``, XML that does not fit is S3's ``MalformedXML``. Constraints are not checked here.
"""

from __future__ import annotations

from typing import Any

from emulator.aws import model
from emulator.aws.http import Request
from emulator.aws.parse import json, query, rest
from emulator.errors import ServiceError


def parse(service: str, operation: str, request: Request, labels: dict[str, str] | None = None) -> dict[str, Any]:
    """The params of an operation. ``labels`` are the path's parts as ``routes.find`` gave them. Raises the AWS 4xx."""
    protocol = model.service(service).protocol
    if protocol == "json":
        return json.body(service, operation, request.data)
    if protocol in {"rest-json", "rest-xml"}:
        return rest.params(service, operation, request, labels or {})
    if protocol == "query":
        return query.params(service, operation, request)
    raise ServiceError("InvalidAction", f"{service} speaks {protocol}, which is not supported.")
