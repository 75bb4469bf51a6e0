"""The server of the HTTP tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from http_site import DEADLINE, Site


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    assert made.server.stop(DEADLINE)
