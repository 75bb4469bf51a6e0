"""A job's trial component in the light of its ExperimentConfig: parameters, metrics, artifacts and its trial."""

from __future__ import annotations

from typing import Any

from emulator.services import Services
from emulator.store.watching import Change


def fill(change: Change, services: Services, component: dict[str, Any]) -> None:
    """Complete ``component`` when its job begins and ends."""
