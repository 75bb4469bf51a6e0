"""Chunks of output become lines."""

from __future__ import annotations

import pytest

from emulator.executors.lines import LONGEST, split_lines


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([], []),
        ([b"a\nb\n"], [b"a", b"b"]),
        ([b"a", b"b\n", b"c"], [b"ab", b"c"]),
        ([b"\n\n"], [b"", b""]),
        ([b"a\r\nb\r"], [b"a", b"b"]),
        ([b"10%\r20%\r\n"], [b"10%\r20%"]),
    ],
)
def test_lines(chunks: list[bytes], lines: list[bytes]) -> None:
    assert [*split_lines(chunks)] == lines


def test_an_endless_line_is_cut() -> None:
    lines = [*split_lines([b"x" * 100_000] * 10)]
    assert max(map(len, lines)) == LONGEST
    assert sum(map(len, lines)) == 1_000_000
