"""Turns chunks of container output into lines, as they come.

A line that never ends (a progress bar of ``\\r``, a binary dump) is cut at :data:`LONGEST`, so that memory stays flat;
CloudWatch Logs refuses events over 256 KB anyway. Only ``\\n`` ends a line, one ``\\r`` before it is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LONGEST = 256 * 1024


def split_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their newline; the rest after the last newline is a line too."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.removesuffix(b"\r") for line in whole)
        while len(rest) > LONGEST:
            yield rest[:LONGEST]
            rest = rest[LONGEST:]
    if rest:
        yield rest.removesuffix(b"\r")
