"""Timestamps: every form in, three forms out."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.aws import times

MOMENT = 1_700_000_000.25


@pytest.mark.parametrize(
    "value",
    [MOMENT, str(MOMENT), "2023-11-14T22:13:20.250Z", "2023-11-14T23:13:20.25+01:00", "2023-11-14T22:13:20.250000"],
)
def test_every_form_is_read(value: Any) -> None:
    assert times.read(value) == MOMENT


@pytest.mark.parametrize("value", ["Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 23:13:20 +0100", 1_700_000_000])
def test_dates_of_whole_seconds_are_read(value: Any) -> None:
    assert times.read(value) == 1_700_000_000


@pytest.mark.parametrize("value", ["", "soon", "2023-13-01", "NaN", "1e300", float("inf"), True, -1e15])
def test_what_is_no_time_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        times.read(value)


def test_the_forms_written() -> None:
    assert times.render(MOMENT, times.ISO) == "2023-11-14T22:13:20.250Z"
    assert times.render(MOMENT, times.RFC) == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert times.render(MOMENT, times.UNIX) == MOMENT
    assert times.render(1_700_000_000.0, times.UNIX) == 1_700_000_000
    assert times.render("kept as it was sent", times.RFC) == "kept as it was sent"


@pytest.mark.parametrize("second", [0, 999_999, 1_053_229, 1_796_985_155, 4_102_444_800])
def test_milliseconds_are_written_as_they_were_read(second: int) -> None:
    for milli in range(1000):
        seconds = float(f"{second}.{milli:03}")
        written = times.render(seconds, times.ISO)
        assert str(written).endswith(f".{milli:03}Z")
        assert times.read(written) == seconds
