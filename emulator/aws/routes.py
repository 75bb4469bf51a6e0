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
    headers: frozenset[str]
    queries: frozenset[str]
    order: int

    def matches(self, query: Mapping[str, list[str]]) -> bool:
        """Whether all query literals are there (with their value, where the model gives one)."""
        return all(name in query and (not value or value in query[name]) for name, value in self.literals)

    def rank(self, request: Request) -> tuple[int, bool, int, int]:
        """Sort key among matching routes: more literals, then satisfied demands, then more (or fewer unmet) demands,
        then the one preferred."""
        demands = len(self.headers) + len(self.queries)
        met = request.headers.keys() >= self.headers and request.query.keys() >= self.queries
        return (len(self.literals), met, demands if met else -demands, -self.order)


@dataclass(frozen=True, slots=True)
class Template:
    """A path template as a pattern with its labels and the routes that share it, those with query literals by the
    first of them: of S3's 40 ways to GET a bucket a request has to look at two or three."""

    pattern: re.Pattern[str]
    plain: tuple[Route, ...]
    literal: Mapping[str, tuple[Route, ...]]

    def matching(self, query: Mapping[str, list[str]]) -> list[Route]:
        """The routes whose literals a query has."""
        found = [*self.plain]
        for name in query:
            found += [route for route in self.literal.get(name, ()) if route.matches(query)]
        return found


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
            best = candidates[0] if len(candidates) == 1 else max(candidates, key=lambda route: route.rank(request))
            return Match(best.operation, found.groupdict())
    return None


@cache
def literals(service: str) -> frozenset[str]:
    """The query parameters of a REST service that say which operation is meant."""
    templates = (one for shared in _templates(service).values() for one in shared)
    return frozenset(
        name
        for template in templates
        for routes in template.literal.values()
        for route in routes
        for name, _ in route.literals
    )


@cache
def _templates(service: str) -> dict[str, tuple[Template, ...]]:
    """Templates by method, the most literal first, so that ``/WriteGetObjectResponse`` comes before ``/{Bucket}``."""
    grouped: dict[tuple[str, str], list[Route]] = {}
    owner = model.service(service)
    names = sorted(owner.operation_names, key=lambda name: _preference(owner.operation(name)))
    for order, name in enumerate(names):
        operation = owner.operation(name)
        path, _, literals = operation.http["requestUri"].partition("?")
        grouped.setdefault((operation.http["method"], path), []).append(_route(operation, literals, order))
    ordered = sorted(grouped.items(), key=lambda item: (-len(_LABEL.sub("", item[0][1])), item[0][1].count("{") * -1))
    found: dict[str, tuple[Template, ...]] = {}
    for (method, path), routes in ordered:
        found[method] = (*found.get(method, ()), _template(path, routes))
    return found


def _template(path: str, routes: list[Route]) -> Template:
    literal: dict[str, tuple[Route, ...]] = {}
    for route in routes:
        if route.literals:
            first = route.literals[0][0]
            literal[first] = (*literal.get(first, ()), route)
    return Template(_pattern(path), tuple(route for route in routes if not route.literals), literal)


def _preference(operation: model.Operation) -> tuple[bool, bool, str]:
    """Among routes that cannot be told apart: not the deprecated one, not the one of S3 Express's control host."""
    express = any("S3Express" in context.name for context in operation.static_context_parameters)
    return (operation.deprecated, express, operation.name)


def _route(operation: model.Operation, literals: str, order: int) -> Route:
    pairs = tuple((name, value) for name, value in parse_qsl(literals, keep_blank_values=True) if name != "x-id")
    shape = operation.input_shape
    places: dict[str, list[str]] = {"header": [], "querystring": []}
    for name in shape.required_members if shape else ():
        where = shape.members[name].serialization
        if where.get("location") in places:
            places[where["location"]].append(where.get("name", name))
    headers = frozenset(name.lower() for name in places["header"])
    return Route(operation.name, pairs, headers, frozenset(places["querystring"]), order)


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
