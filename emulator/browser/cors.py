"""A bucket's CORS rules, applied: the answer to a preflight, and the headers of any answer a page is to read.

The first rule that fits decides. Without a rule an ordinary answer has no CORS headers at all, which is what makes a
browser withhold it; only the preflight is refused aloud.
Source: "Using cross-origin resource sharing" in the S3 user guide, and the headers real buckets send.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import translate
from functools import lru_cache
from re import Pattern
from re import compile as compiled
from typing import Any

from emulator.aws.detect import bucket_of
from emulator.aws.http import Request, Response
from emulator.errors import ServiceError
from emulator.store import Store

VARY = ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method /"
    " Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)


def preflight(request: Request, store: Store) -> Response:
    """The answer to an OPTIONS request. 400 if it is no preflight, 403 ``AccessForbidden`` if no rule allows it."""
    origin, method = request.headers.get("origin"), request.headers.get("access-control-request-method")
    if origin is None:
        raise ServiceError("BadRequest", "Insufficient information. Origin request header needed.")
    if method not in {"GET", "PUT", "POST", "DELETE", "HEAD"}:
        raise ServiceError("BadRequest", f"Invalid Access-Control-Request-Method: {method or 'null'}")
    asked = [name.strip().lower() for name in request.headers.get("access-control-request-headers", "").split(",")]
    names = [name for name in asked if name]
    found = rules(request, store)
    rule = fitting(found or (), origin, method, names)
    if rule is None:
        text = NOT_ALLOWED if found else "CORSResponse: CORS is not enabled for this bucket."
        raise ServiceError("AccessForbidden", text, 403, {"Method": method, "ResourceType": "BUCKET"})
    allowed = [("Access-Control-Allow-Headers", ", ".join(names))] if names else []
    return Response(200, [*headers(rule, origin), *allowed])


def applied(request: Request, store: Store) -> list[tuple[str, str]]:
    """The headers that let the page of the request's ``Origin`` read an answer; none if no rule does. A request that
    names a method as a preflight does is taken by that one."""
    origin = request.headers.get("origin")
    if origin is None:
        return []
    method = request.headers.get("access-control-request-method", request.method)
    rule = fitting(rules(request, store) or (), origin, method, ())
    return headers(rule, origin) if rule else []


def rules(request: Request, store: Store) -> Sequence[Mapping[str, Any]] | None:
    """The rules of the request's bucket, or None."""
    name = bucket_of(request.host) or request.path.lstrip("/").partition("/")[0]
    config = store.buckets.config(name, "BucketCors") if name else None
    return config.get("CORSRules") if config else None


def fitting(
    found: Sequence[Mapping[str, Any]], origin: str, method: str, names: Sequence[str]
) -> Mapping[str, Any] | None:
    """The first rule for this origin, method and all of these request headers."""
    for rule in found:
        if (
            method in rule.get("AllowedMethods", ())
            and any(pattern(one).fullmatch(origin) for one in rule.get("AllowedOrigins", ()))
            and all(
                any(pattern(one.lower()).fullmatch(name) for one in rule.get("AllowedHeaders", ())) for name in names
            )
        ):
            return rule
    return None


def headers(rule: Mapping[str, Any], origin: str) -> list[tuple[str, str]]:
    """A rule as headers of an answer."""
    anybody = "*" in rule["AllowedOrigins"]
    told = [
        ("Access-Control-Allow-Origin", "*" if anybody else origin),
        ("Access-Control-Allow-Methods", ", ".join(rule["AllowedMethods"])),
        VARY,
    ]
    if not anybody:
        told.append(("Access-Control-Allow-Credentials", "true"))
    if rule.get("ExposeHeaders"):
        told.append(("Access-Control-Expose-Headers", ", ".join(rule["ExposeHeaders"])))
    if "MaxAgeSeconds" in rule:
        told.append(("Access-Control-Max-Age", str(rule["MaxAgeSeconds"])))
    return told


@lru_cache(256)
def pattern(text: str) -> Pattern[str]:
    """A name in which ``*`` stands for anything."""
    return compiled(translate(text.replace("[", "[[]").replace("?", "[?]")))
