"""What follows from the beginning and the end of a job, in order: its trial component, its experiment, its lineage."""

from __future__ import annotations

from emulator.jobs.base import ENDED, registered
from emulator.services import Services
from emulator.store.watching import Change, watches
from handlers.sagemaker.tracking import components, experiment, lineage


@watches("TrainingJob", "ProcessingJob", "TransformJob")
def follow(change: Change, services: Services) -> None:
    """Called for every change of a job; acts when its status or its start time is new."""
    kind = registered()[change.kind]
    if not (change.became(kind.status) or change.became(kind.start_time)):
        return
    component = components.keep(change, services)
    experiment.fill(change, services, component)
    if change.became(kind.status, *ENDED):
        lineage.record(change, services, component)
