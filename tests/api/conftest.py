"""The client most API tests speak with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client


@pytest.fixture
def sagemaker(client: Client) -> Any:
    return client("sagemaker")
