"""What follows from the beginning and the end of a job, in order: its trial component, its experiment, its lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.jobs.base import registered
from emulator.store.watching import Change, watches
from handlers.sagemaker.tracking import components, experiment

if TYPE_CHECKING:
    from emulator.services import Services


@watches("TrainingJob", "ProcessingJob", "TransformJob")
def follow(change: Change, services: Services) -> None:
    """Called for every change of a job; acts when its status or its start time is new."""
    kind = registered()[change.kind]
    if not (change.became(kind.status) or change.became(kind.start_time)):
        return
    component = components.keep(change, services)
    experiment.fill(change, services, component)
