"""What commands write: rich on a terminal, plain text otherwise. rich is imported only when it will be used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

BOLD, DIM, RED = "1", "2", "31"


class Failure(Exception):
    """A command cannot do what it was asked; the message says why and what to do. Exit code 1."""


def styled(style: str, text: str, where: TextIO) -> str:
    """Text in a style (an ANSI code) if it goes to a terminal."""
    return f"\033[{style}m{text}\033[0m" if where.isatty() else text


def say(text: str = "") -> None:
    """One line on stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """One line on stderr: progress and hints, which must not get into a pipe."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def fail(text: str) -> int:
    """Say what went wrong; the exit code."""
    note(styled(RED, f"sagemaker-emulator: {text}", sys.stderr))
    return 1


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on stdout; columns separated by at least two spaces where there is no terminal."""
    texts = [[str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(headings, texts)
        return
    widths = [max(len(line[i]) for line in [list(headings), *texts]) for i in range(len(headings))]
    for line in [list(headings), *texts]:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """A function that takes lines of progress: one changing line on a terminal, plain lines on stderr otherwise."""
    if not sys.stderr.isatty():
        yield note
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(title)) as status:
        yield lambda line: status.update(Text(f"{title}: {line}"[:200]))


def _rich_table(headings: Sequence[str], texts: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*headings, box=None, header_style="bold", pad_edge=False)
    for row in texts:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)
