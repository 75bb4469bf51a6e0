"""Walking keys in S3's order (UTF-8 bytes), with prefix, delimiter and markers, so that a page costs the page.

A common prefix is found with one row and left with one seek to the first key behind it, however many keys it hides.
Objects, versions and uploads are walked the same way; they differ in the rows (:class:`Source`) and in what orders
rows of one key.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from emulator.store.database import Database

LAST_CHARACTER = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Source:
    """What is walked: ``select`` up to WHERE (first column: the key), a fixed condition, and the order in one key."""

    select: str
    condition: str = "1"
    order: str = "id"
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """What a listing asks. ``after`` is an exclusive key; ``after_id`` goes on inside that key, behind this row."""

    bucket: str
    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    after_id: Any = None
    limit: int = 1000


@dataclass(slots=True)
class Listing:
    """A page: rows and common prefixes, each in order; ``last`` is the key or prefix the page ended with."""

    rows: list[Any] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: str = ""

    def __len__(self) -> int:
        return len(self.rows) + len(self.prefixes)


def walk(database: Database, source: Source, ask: Walk) -> Listing:
    """One page of rows and common prefixes, at most ``ask.limit`` together."""
    page = Listing()
    start: str | None = _start(ask)
    first = True
    while start is not None and ask.limit:
        with closing(_rows(database, source, ask, start, first)) as rows:
            if not ask.delimiter:
                _fill(page, rows, ask.limit)
                break
            start = _take(page, rows, ask)
        first = False
        if page.truncated:
            break
    return page


def successor(text: str) -> str | None:
    """The smallest text greater than every text that begins with this one; None if there is no such."""
    for end in range(len(text), 0, -1):
        code = ord(text[end - 1]) + 1
        if code <= LAST_CHARACTER:
            return text[: end - 1] + chr(SURROGATES.stop if code in SURROGATES else code)
    return None


def _start(ask: Walk) -> str | None:
    """The first key to look at. A marker that is itself a common prefix stands for all the keys it hides."""
    if ask.after.startswith(ask.prefix):
        common = _common(ask.after, ask)
        if common and common == ask.after:
            return successor(common)
    return max(ask.prefix, ask.after)


def _fill(page: Listing, rows: Iterator[Any], limit: int) -> None:
    """Fill the page where there are no common prefixes to look for: one walk is all."""
    page.rows = list(islice(rows, limit))
    page.truncated = next(rows, None) is not None
    page.last = page.rows[-1][0] if page.rows else ""


def _take(page: Listing, rows: Iterator[Any], ask: Walk) -> str | None:
    """Fill the page from rows; the key to seek to when a common prefix was met, else None: there is no more."""
    for row in rows:
        if len(page) == ask.limit:
            page.truncated = True
            return None
        common = _common(row[0], ask)
        if common:
            page.prefixes.append(common)
            page.last = common
            return successor(common)
        page.rows.append(row)
        page.last = row[0]
    return None


def _common(key: str, ask: Walk) -> str:
    """The common prefix a key is rolled up into, or an empty string."""
    if not ask.delimiter:
        return ""
    end = key.find(ask.delimiter, len(ask.prefix))
    return key[: end + len(ask.delimiter)] if end >= 0 else ""


def _rows(database: Database, source: Source, ask: Walk, start: str, first: bool) -> Generator[Any, None, None]:
    where, values = ["bucket = ?", "key >= ?", source.condition], [ask.bucket, start]
    end = successor(ask.prefix) if ask.prefix else None
    if end is not None:
        where.append("key < ?")
        values.append(end)
    if first and ask.after and ask.after_id is None:
        where.append("key != ?")
        values.append(ask.after)
    if first and ask.after_id is not None:
        where.append(f"NOT (key = ? AND {source.order} {'>=' if source.newest_first else '<='} ?)")
        values += [ask.after, ask.after_id]
    order = f"{source.order} {'DESC' if source.newest_first else 'ASC'}"
    sql = f"{source.select} WHERE {' AND '.join(where)} ORDER BY key, {order}"
    return database.each(sql, values)
