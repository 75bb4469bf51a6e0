"""Resources that are records and nothing more."""

from __future__ import annotations

from handlers.sagemaker.resource import Resource

ROWS = (Resource("AIWorkloadConfig"),)
