"""Names with ``*`` (anything) and ``?`` (one character), as policies write them."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(4096)
def compiled(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """A pattern as a regular expression, to be used with ``fullmatch``. What a star has passed over is not looked at
    again, which could take for ever where there are many."""
    first, *rest = re.escape(pattern).replace(r"\?", ".").split(r"\*")
    text = first + "".join(f"(?>.*?{one})" for one in rest[:-1]) + "".join(f".*{one}" for one in rest[-1:])
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def like(value: str, pattern: str, ignore_case: bool = False) -> bool:
    """Whether a value fits a pattern."""
    return compiled(pattern, ignore_case).fullmatch(value) is not None
