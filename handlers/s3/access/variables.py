"""Policy variables (``${aws:username}``): what a request has for a condition key, in the text of a policy.

What a variable stands for is taken letter by letter: a star in a caller's header is no wildcard, and ``${*}`` is how a
policy writes a star that is none. A text with a variable that the request has no single value for is equal to nothing
and like nothing, unless it names a default; so ``StringEquals`` fails there and ``StringNotEquals`` holds.
Source: "IAM policy elements: Variables and tags" in the IAM user guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

VARIABLE = re.compile(r"\$\{([^}]*)\}")
DEFAULT = re.compile(r"(.*?)\s*,\s*'(.*)'", re.DOTALL)
#: Variables that are characters which mean something else where they stand bare.
CHARACTERS = {"*", "?", "$"}
#: Keys of any number of values, which are no variables.
LISTS = {"s3:requestobjecttagkeys"}

#: The values a request has for a condition key; None: it has no such key.
Values = Callable[[str], Sequence[str] | None]
#: By turns text as written and the names of variables.
Text = tuple[str, ...]


def split(text: str) -> Text:
    """A text of a policy that may hold variables."""
    return tuple(VARIABLE.split(text))


def filled(texts: Iterable[Text], values: Values) -> Iterator[Text]:
    """The texts with values in the place of variables, but those with a variable that has none."""
    for text in texts:
        if len(text) == 1:
            yield text
            continue
        given = [value(name, values) for name in text[1::2]]
        if None not in given:
            pieces = list(text)
            pieces[1::2] = map(str, given)
            yield tuple(pieces)


def value(variable: str, values: Values) -> str | None:
    """What stands for a variable (``aws:username, 'nobody'``)."""
    if variable in CHARACTERS:
        return variable
    known = DEFAULT.fullmatch(variable)
    name, otherwise = (known[1], known[2]) if known else (variable, None)
    found = values(name)
    return found[0] if found and name.lower() not in LISTS else otherwise
