"""Resources that are records and nothing more."""

from __future__ import annotations

from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import INVALID

ROWS = (
    Resource("AIWorkloadConfig"),
    Resource("Algorithm", status="Completed", defaults={"AlgorithmStatusDetails": {}}, ascending=True),
    Resource("AppImageConfig"),
    Resource("CodeRepository", missing=INVALID, duplicate=INVALID, ascending=True, sort="name"),
    Resource("Hub", status="InService"),
    Resource("NotebookInstanceLifecycleConfig", missing=INVALID, duplicate=INVALID),
    Resource("StudioLifecycleConfig", paths={"AppTypeEquals": "StudioLifecycleConfigAppType"}),
)
