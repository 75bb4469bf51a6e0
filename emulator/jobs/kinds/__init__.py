"""Kinds of jobs, one file each, found by folder: adding a file here is all that a new kind needs."""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Import every module of this folder, so that each registers its kind."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
