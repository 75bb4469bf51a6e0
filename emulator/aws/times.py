"""Timestamps between epoch seconds (our form everywhere) and the three forms AWS protocols use.

A newcomer would get the defaults wrong: JSON bodies carry numbers, XML bodies and query parameters ISO 8601, headers
RFC 822 dates; a shape's ``timestampFormat`` overrides them. Parsing accepts any of the three, as AWS does. Earlier
versions kept retention dates past the year 9999, which no calendar here can write: they are shown as its last second.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import Any

ISO = "iso8601"
RFC = "rfc822"
UNIX = "unixTimestamp"

_FIRST, _LAST = -62_135_596_800.0, 253_402_300_799.0


def render(value: Any, form: str) -> str | float | int:
    """A timestamp in wire form; text is taken as already rendered (S3 keeps ``Expires`` as it was sent)."""
    if isinstance(value, str):
        return value
    seconds = value.timestamp() if isinstance(value, datetime) else value
    if form == RFC:
        return _rfc(int(seconds))
    if form == ISO:
        second, micro = divmod(round(seconds * 1e6), 1_000_000)
        return f"{_iso(second)}.{micro // 1000:03}Z"
    return float(seconds) if seconds % 1 else int(seconds)


@lru_cache(4096)  # an object's Last-Modified is told with every read of it
def _rfc(seconds: int) -> str:
    return formatdate(_shown(seconds), usegmt=True)


@lru_cache(4096)  # the objects of a listing are often of the same seconds
def _iso(second: int) -> str:
    return datetime.fromtimestamp(_shown(second), UTC).isoformat()[:-6]


def _shown(seconds: int) -> float:
    return max(_FIRST, min(seconds, _LAST))


def read(value: Any) -> float:
    """Epoch seconds of any wire form; ``ValueError`` if it is none, or lies outside the years 1 to 9999."""
    if isinstance(value, bool):
        raise ValueError(f"not a timestamp: {value!r}")
    seconds = float(value) if isinstance(value, int | float) else _seconds(str(value).strip())
    if not _FIRST <= seconds <= _LAST:
        raise ValueError(f"not a timestamp: {value!r}")
    return seconds


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = _date(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)
