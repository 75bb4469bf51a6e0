"""REST routes of a service, from its model: method and path template, query literals, discriminating parameters.

S3's 116 operations share 13 (method, path) pairs. Which one is meant follows from query literals (``?uploads``,
``?list-type=2``) and, among equals, from required headers and query parameters (``x-amz-copy-source`` makes a
PutObject a CopyObject, ``uploadId`` a GetObject a ListParts). ``x-id`` is what SDKs add and never decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

from emulator.aws import model
from emulator.aws.http import Request

_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation's way in. ``literals`` must be in the query; ``headers`` and ``queries`` tell equals apart."""

    operation: str
    literals: tuple[tuple[str, str], ...]
    headers: tuple[str, ...]
    queries: tuple[str, ...]

    def matches(self, query: Mapping[str, list[str]]) -> bool:
        """Whether all query literals are there (with their value, where the model gives one)."""
        return all(name in query and (not value or value in query[name]) for name, value in self.literals)

    def rank(self, request: Request) -> tuple[int, bool, int]:
        """Sort key among matching routes: more literals, then satisfied demands, then more (or fewer unmet) demands."""
        demands = len(self.headers) + len(self.queries)
        met = all(name in request.headers for name in self.headers) and all(
            name in request.query for name in self.queries
        )
        return (len(self.literals), met, demands if met else -demands)


@dataclass(frozen=True, slots=True)
class Template:
    """A path template as a pattern with its labels and the routes that share it."""

    pattern: re.Pattern[str]
    routes: tuple[Route, ...]

    def matching(self, query: Mapping[str, list[str]]) -> list[Route]:
        """The routes whose literals a query has."""
        return [route for route in self.routes if not route.literals or (query and route.matches(query))]


@dataclass(frozen=True, slots=True)
class Match:
    """A found operation and the path's labels by their wire names."""

    operation: str
    labels: dict[str, str]


def find(service: str, request: Request, path: str | None = None) -> Match | None:
    """The operation of a REST service a request means, or ``None``. ``path`` replaces the request's own."""
    where = request.path if path is None else path
    for template in _templates(service).get(request.method, ()):
        found = template.pattern.fullmatch(where)
        if not found:
            continue
        if candidates := template.matching(request.query):
            best = max(candidates, key=lambda route: route.rank(request))
            return Match(best.operation, found.groupdict())
    return None


@cache
def _templates(service: str) -> dict[str, tuple[Template, ...]]:
    """Templates by method, the most literal first, so that ``/WriteGetObjectResponse`` comes before ``/{Bucket}``."""
    grouped: dict[tuple[str, str], list[Route]] = {}
    owner = model.service(service)
    for name in sorted(owner.operation_names, key=lambda name: _preference(owner.operation(name))):
        operation = owner.operation(name)
        path, _, literals = operation.http["requestUri"].partition("?")
        grouped.setdefault((operation.http["method"], path), []).append(_route(operation, literals))
    ordered = sorted(grouped.items(), key=lambda item: (-len(_LABEL.sub("", item[0][1])), item[0][1].count("{") * -1))
    found: dict[str, tuple[Template, ...]] = {}
    for (method, path), routes in ordered:
        found[method] = (*found.get(method, ()), Template(_pattern(path), tuple(routes)))
    return found


def _preference(operation: model.Operation) -> tuple[bool, bool, str]:
    """Among routes that cannot be told apart: not the deprecated one, not the one of S3 Express's control host."""
    express = any("S3Express" in context.name for context in operation.static_context_parameters)
    return (operation.deprecated, express, operation.name)


def _route(operation: model.Operation, literals: str) -> Route:
    pairs = tuple((name, value) for name, value in parse_qsl(literals, keep_blank_values=True) if name != "x-id")
    shape = operation.input_shape
    places: dict[str, list[str]] = {"header": [], "querystring": []}
    for name in shape.required_members if shape else ():
        where = shape.members[name].serialization
        if where.get("location") in places:
            places[where["location"]].append(where.get("name", name))
    headers = tuple(name.lower() for name in places["header"])
    return Route(operation.name, pairs, headers, tuple(places["querystring"]))


def _pattern(path: str) -> re.Pattern[str]:
    """A template as a pattern.

    Where a template has literal text, its label may hold a decoded ``%2F`` (an ARN as FeatureGroupName); in
    ``/{Bucket}`` and ``/{Bucket}/{Key+}`` it ends at the first slash, and ``GET /bucket/`` is the bucket.
    """
    literal = bool(_LABEL.sub("", path).strip("/"))
    text = ""
    position = 0
    for label in _LABEL.finditer(path):
        many = label[2] or literal
        text += re.escape(path[position : label.start()]) + f"(?P<{label[1]}>{'.+' if many else '[^/]+'})"
        position = label.end()
    end = "" if literal or path.endswith("+}") or path == "/" else "/?"
    return re.compile(text + re.escape(path[position:]) + end, re.DOTALL)
