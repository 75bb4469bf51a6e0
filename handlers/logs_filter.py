"""CloudWatch's filter patterns for plain text: terms, phrases, exclusions and alternatives.

``error timeout`` needs both, ``"disk full"`` the phrase, ``?error ?warn`` one of them, ``-debug`` none; case counts.
Patterns on JSON (``{…}``) or on fields (``[…]``) are refused by name rather than matched wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from emulator.errors import unsupported

TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')


def matcher(pattern: str) -> Callable[[str], bool]:
    """A test for messages; an empty pattern takes all. 400 for patterns of the structured kinds."""
    pattern = pattern.strip()
    if pattern[:1] in {"{", "["}:
        raise unsupported("A structured filterPattern", "Use terms and phrases.")
    terms = [(sign, phrase or word) for sign, phrase, word in TERM.findall(pattern)]
    needed, either, without = ([term for sign, term in terms if sign == kind] for kind in ("", "?", "-"))

    def matches(message: str) -> bool:
        return (
            all(term in message for term in needed)
            and (not either or any(term in message for term in either))
            and not any(term in message for term in without)
        )

    return matches
