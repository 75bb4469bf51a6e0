"""Step types: one file or row each, found by folder; :func:`types` is the table the parser and the runner use."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from emulator.pipelines.steps.base import StepType, registered


@cache
def types() -> Mapping[str, StepType]:
    """All step types we run, by the name a definition gives in ``Type``."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return registered()
