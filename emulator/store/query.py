"""What a List operation asks (:class:`Query`), what it gets (:class:`Page`), and the SQL and tokens between the two.

A token names the last row given, by the value it is sorted on and its row id, so a page costs the page wherever it
starts and stays right while rows come and go. It also carries the sort and a digest of the filters: a token used with
another query is refused, as AWS does.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from emulator.arns import Scope
from emulator.errors import ServiceError, validation

SORTS = frozenset({"name", "created", "modified", "status"})


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of ``records``: its key, its ARN, its status and the Describe answer with private ``_`` members."""

    scope: Scope
    kind: str
    name: str
    arn: str
    status: str
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: at most ``limit`` rows, and the token of the next page (``None``: this was the last)."""

    items: list[Stored]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """Filters (times are exclusive bounds in epoch seconds; an empty string filters nothing), sort and page.

    ``source`` is the ``Source.SourceUri`` of lineage entities; no other kind has an index for it.
    ``also`` says, for the token alone, what else narrows the list.
    """

    name_contains: str = ""
    status: str = ""
    parent: str = ""
    source: str = ""
    created_after: float | None = None
    created_before: float | None = None
    modified_after: float | None = None
    modified_before: float | None = None
    sort: str = "created"
    descending: bool = True
    limit: int = 100
    token: str | None = None
    also: str = ""

    def sql(self, scope: Scope, kind: str) -> tuple[str, list[Any]]:
        """The end of a SELECT on ``records`` (``WHERE … LIMIT``), and its values. One row more than the page."""
        if self.sort not in SORTS:
            raise ValueError(f"cannot sort by {self.sort!r}")
        where, values = self._filters()
        if self.token is not None:
            where.append(f"({self.sort}, id) {'<' if self.descending else '>'} (?, ?)")
            values += self._position()
        order = "DESC" if self.descending else "ASC"
        clause = " AND ".join(["account = ?", "region = ?", "kind = ?", *where])
        sql = f"WHERE {clause} ORDER BY {self.sort} {order}, id {order} LIMIT ?"
        return sql, [scope.account, scope.region, kind, *values, self.limit + 1]

    def token_after(self, value: str | float, row_id: int) -> str:
        """The token of the page that begins after this row."""
        return token_of(self._digest(), value, row_id)

    def _filters(self) -> tuple[list[str], list[Any]]:
        conditions = (
            ("instr(name, ?) > 0", self.name_contains),
            ("status = ?", self.status),
            ("parent = ?", self.parent),
            ("json_extract(record, '$.Source.SourceUri') = ?", self.source),
            ("created > ?", self.created_after),
            ("created < ?", self.created_before),
            ("modified > ?", self.modified_after),
            ("modified < ?", self.modified_before),
        )
        chosen = [(sql, value) for sql, value in conditions if value not in ("", None)]
        # These two indexes are partial; SQLite uses them only when the query says so too.
        extra = ["parent != ''"] if self.parent else []
        extra += ["kind IN ('Action', 'Artifact', 'Context')"] if self.source else []
        return [sql for sql, _ in chosen] + extra, [value for _, value in chosen]

    def _digest(self) -> str:
        return digest_of(self._filters(), self.sort, self.descending, self.also)

    def _position(self) -> list[Any]:
        return position_of(self.token or "", self._digest(), str if self.sort in {"name", "status"} else (float, int))


def digest_of(*parts: Any) -> str:
    """What tells one query from another, for its tokens."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()


def token_of(digest: str, value: str | float, row_id: int) -> str:
    """The token of the page that begins after this row, for the query of this digest."""
    return base64.urlsafe_b64encode(orjson.dumps([digest, value, row_id])).decode()


def position_of(token: str, expected: str, value_type: Any) -> list[Any]:
    """The value and row id a token names; ``ValidationException`` when it is not one of ours for this query."""
    try:
        digest, value, row_id = orjson.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError, TypeError):
        raise bad_token() from None
    if digest != expected or not isinstance(value, value_type) or not isinstance(row_id, int):
        raise bad_token()
    return [value, row_id]


def bad_token() -> ServiceError:
    """The answer to a NextToken we did not give, or gave for another query."""
    return validation("Invalid NextToken: it does not belong to this request.")
