"""Names with ``*`` (anything) and ``?`` (one character), as policies write them.

A pattern may come in pieces: every second one is then taken letter by letter (``variables.py``).
"""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(4096)
def compiled(pieces: tuple[str, ...], ignore_case: bool) -> re.Pattern[str]:
    """A pattern as a regular expression, to be used with ``fullmatch``. What a star has passed over is not looked at
    again, which could take for ever where there are many."""
    first, *rest = between_stars(pieces)
    text = first + "".join(f"(?>.*?{one})" for one in rest[:-1]) + "".join(f".*{one}" for one in rest[-1:])
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def between_stars(pieces: tuple[str, ...]) -> list[str]:
    """What is to stand before, between and behind the stars of a pattern, as regular expressions."""
    found = [""]
    for number, piece in enumerate(pieces):
        escaped = re.escape(piece)
        first, *rest = [escaped] if number % 2 else escaped.replace(r"\?", ".").split(r"\*")
        found[-1] += first
        found += rest
    return found


def like(value: str, *pattern: str, ignore_case: bool = False) -> bool:
    """Whether a value fits a pattern."""
    return compiled(pattern, ignore_case).fullmatch(value) is not None
