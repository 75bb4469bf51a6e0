"""Which AWS operation a request means: :func:`detect` -> :class:`Target`.

In order of trust: the ``X-Amz-Target`` header, an AWS host name (requests that came through the HTTPS door or a
virtual-host bucket), the credential scope of the signature, a form's ``Action``; what is left unsigned is S3's, as
anonymous object reads are. A newcomer would get the scope wrong: sagemaker, -runtime, -metrics,
-featurestore-runtime and -a2i-runtime all sign as ``sagemaker``, so below that scope the path decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs

from emulator.aws import model, routes
from emulator.aws.http import Request
from emulator.errors import ServiceError

#: SageMaker's REST services; all of them sign as ``sagemaker``, and no two have a path in common.
SAGEMAKER_PATHS = ("sagemaker-runtime", "sagemaker-metrics", "sagemaker-featurestore-runtime", "sagemaker-a2i-runtime")
#: Services whose every operation is ours; of all others only what is registered.
OWNED = ("sagemaker", *SAGEMAKER_PATHS, "s3", "logs")

# Endpoint host labels and signing names that are not the service's botocore name.
_HOSTS = {
    "api.sagemaker": "sagemaker",
    "runtime.sagemaker": "sagemaker-runtime",
    "metrics.sagemaker": "sagemaker-metrics",
    "featurestore-runtime.sagemaker": "sagemaker-featurestore-runtime",
    "a2i-runtime.sagemaker": "sagemaker-a2i-runtime",
    "monitoring": "cloudwatch",
    "s3express": "s3",
    "email": "ses",
    "elasticloadbalancing": "elbv2",
    "elasticmapreduce": "emr",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
    "streaming-logs": "logs",
    "stream-logs": "logs",
}
_VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam", "2010-03-31": "sns", "2016-11-15": "ec2", "2012-11-05": "sqs"}

_SCOPE = re.compile(r"Credential=([^,\s]+)/\d{8}/([^/,]*)/([^/,]+)/aws4_request")
_V2 = re.compile(r"AWS ([^:\s]+):")
_AWS_HOST = re.compile(
    r"(?P<name>.+?)(?:[.-](?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?(?:\.(?:amazonaws\.com(?:\.cn)?|api\.aws))"
)
_BUCKET_HOST = re.compile(r"(?P<bucket>.+)\.s3(?:[.-](?:accelerate|dualstack|fips|external-1))*(?:[.-].*)?")
_FORM_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Target:
    """What a request means.

    ``operation`` is ``None`` where only the service is known (``asked`` is then the name it gave, if any); ``labels``
    are the path's parts; ``key`` is the access key id that signed, if any did.
    """

    service: str
    operation: str | None = None
    region: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    asked: str = ""
    key: str = ""

    def __str__(self) -> str:
        """For logs: one line, whatever a client has put into its names."""
        name = f"{self.service}.{self.operation}"
        return name if name.isprintable() else ascii(name)


class Signed(NamedTuple):
    """What a signature says of itself, unchecked: access key id, region and signing name; empty where it does not."""

    key: str = ""
    region: str = ""
    service: str = ""


def detect(request: Request) -> Target:
    """The service, operation and region a request means."""
    by = signed(request)
    header = request.headers.get("x-amz-target")
    if header:
        return _by_target(header, by)
    service, host_region = by_host(request.host)
    region = by.region or host_region
    service = service or _HOSTS.get(by.service, by.service)
    if service == "s3" or (not service and not _is_form(request)):
        return _s3(request, region, by.key)
    if service in {"sagemaker", *SAGEMAKER_PATHS}:
        return _sagemaker(request, region, by.key)
    return _by_action(request, service, region, by.key)


def signed(request: Request) -> Signed:
    """Who a request's signature says it is from, by header or presigned query; S3's old forms say ``s3``."""
    authorization = request.headers.get("authorization", "")
    # The credential comes first, and is the same for a day: what it says is remembered.
    by = _by_credential(authorization.partition(",")[0]) or _by_header(authorization)
    if by:
        return by
    old = _V2.match(authorization)
    if old:
        return Signed(old[1], "", "s3")
    if "X-Amz-Credential" in request.query_string:
        parts = (request.first("X-Amz-Credential") or "").split("/")
        # Access key / date / region / service / aws4_request
        return Signed("/".join(parts[:-4]), parts[-3], parts[-2]) if len(parts) > 4 else Signed(service="s3")
    if "AWSAccessKeyId=" in request.query_string:
        return Signed(request.first("AWSAccessKeyId") or "", "", "s3")
    return Signed()


def _by_header(authorization: str) -> Signed | None:
    found = _SCOPE.search(authorization)
    return Signed(found[1], found[2], found[3]) if found else None


_by_credential = lru_cache(4096)(_by_header)


@lru_cache(4096)
def by_host(host: str) -> tuple[str, str]:
    """(service, region) of an AWS host name, or empty text for any other host."""
    found = _AWS_HOST.fullmatch(host)
    if not found:
        return ("s3", "") if bucket_of(host) else ("", "")
    name = found["name"].removesuffix(".dualstack").replace("-fips", "").removeprefix("fips.")
    if name == "s3" or name.startswith(("s3-", "s3.", "s3express")) or re.search(r".\.s3(\W|$)", name):
        return "s3", found["region"] or ""
    return _HOSTS.get(name, name.rsplit(".", 1)[-1]), found["region"] or ""


@lru_cache(4096)
def bucket_of(host: str) -> str:
    """The bucket in a virtual-host name (``b.s3.localhost``, ``b.s3.eu-west-1.amazonaws.com``, ``b.localhost``)."""
    found = _BUCKET_HOST.fullmatch(host)
    if found:
        return found["bucket"]
    name = host.removesuffix(".localhost")
    return name if name != host and name not in {"s3", "s3-control"} and not name.startswith("s3.") else ""


@lru_cache(4096)
def _by_target(header: str, by: Signed) -> Target:
    prefix, _, operation = header.rpartition(".")
    service = {"SageMaker": "sagemaker", "Logs_20140328": "logs"}.get(prefix)
    if service is None:
        return Target(_HOSTS.get(by.service, by.service) or prefix, operation, by.region, key=by.key)
    if operation not in model.service(service).operation_names:
        return Target(service, None, by.region, asked=operation, key=by.key)
    return Target(service, operation, by.region, key=by.key)


def _sagemaker(request: Request, region: str, key: str) -> Target:
    for service in SAGEMAKER_PATHS:
        match = routes.find(service, request)
        if match:
            return Target(service, match.operation, region, match.labels, key=key)
    return Target("sagemaker", None, region, asked=f"{request.method} {request.path}", key=key)


def _s3(request: Request, region: str, key: str) -> Target:
    if ".s3-website" in request.host:
        text = "Amazon S3 static website hosting is not served by sagemaker-emulator: read the objects themselves."
        raise ServiceError("NotImplemented", text, 501)
    bucket = bucket_of(request.host)
    path = f"/{bucket}{request.path}" if bucket else request.path
    match = routes.find("s3", request, path)
    return Target("s3", match.operation if match else None, region, match.labels if match else {}, key=key)


def _is_form(request: Request) -> bool:
    return request.content_type == "application/x-www-form-urlencoded" or "Action" in request.query


def _by_action(request: Request, service: str, region: str, key: str) -> Target:
    """The query protocol: ``Action`` and ``Version`` in a form or in the query string."""
    fields = dict(request.query)
    length = request.headers.get("content-length", "0")
    if request.content_type == "application/x-www-form-urlencoded" and length.isdigit() and int(length) <= _FORM_LIMIT:
        fields.update(parse_qs(request.data.decode("utf-8", "replace"), keep_blank_values=True))
    action = fields.get("Action", [""])[0]
    version = fields.get("Version", [""])[0]
    return Target(service or _VERSIONS.get(version, ""), action or None, region, asked=action, key=key)
