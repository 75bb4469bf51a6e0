"""A job's trial component in the light of its ExperimentConfig: parameters, metrics, artifacts and its trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.store.watching import Change

if TYPE_CHECKING:
    from emulator.services import Services


def fill(change: Change, services: Services, component: dict[str, Any]) -> None:
    """Complete ``component`` when its job begins and ends."""
