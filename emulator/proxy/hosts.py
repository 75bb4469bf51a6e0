"""Which host names are AWS's, and which upstream proxy the user's environment asks for. Pure; the rest may go out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

# The DNS suffixes of botocore's partitions.json (plain and dual stack), plus Lambda's function URLs.
AWS_SUFFIXES = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "api.aws",
    "api.aws.hci.ic.gov",
    "api.aws.ic.gov",
    "api.aws.scloud",
    "api.cloud-aws.adc-e.uk",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "on.aws",
    "sc2s.sgov.gov",
)
METADATA = frozenset({"169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"})
"""Instance and container metadata: on an EC2 machine they hand out real credentials."""


def is_aws(host: str) -> bool:
    """Whether a host name belongs to AWS's API; case and a final dot do not matter."""
    name = host.lower().rstrip(".")
    return any(name == suffix or name.endswith("." + suffix) for suffix in AWS_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Upstream:
    """A proxy of the user's: where, whether to speak TLS to it, and the ``Proxy-Authorization`` it wants."""

    host: str
    port: int
    tls: bool = False
    authorization: str = ""


def upstream_for(scheme: str, host: str, environ: Mapping[str, str]) -> Upstream | None:
    """The proxy for a host as curl and requests would choose it: lower case first, ``no_proxy`` by suffix."""
    if _excluded(host, _variable(environ, "no_proxy")):
        return None
    url = _variable(environ, f"{scheme}_proxy") or _variable(environ, "all_proxy")
    if not url:
        return None
    parts = urlsplit(url if "://" in url else "http://" + url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode()
    tls = parts.scheme == "https"
    return Upstream(parts.hostname, parts.port or (443 if tls else 80), tls, authorization)


def without_aws(no_proxy: str) -> list[str]:
    """The entries of a ``no_proxy`` list that cannot lead past the door to an AWS host."""
    entries = [entry.strip() for entry in no_proxy.split(",")]
    return [entry for entry in entries if entry and not _touches_aws(entry)]


def _touches_aws(entry: str) -> bool:
    bare = entry.lower().lstrip("*.").rstrip(".")
    if not bare:
        return True
    return is_aws(bare) or any(suffix.endswith("." + bare) for suffix in AWS_SUFFIXES) or bare in METADATA


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _excluded(host: str, no_proxy: str) -> bool:
    name = host.lower().rstrip(".")
    for entry in no_proxy.lower().split(","):
        bare = entry.strip().split(":")[0].lstrip("*.")
        if entry.strip() == "*" or (bare and (name == bare or name.endswith("." + bare))):
            return True
    return False
