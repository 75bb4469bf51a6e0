"""THE TABLE: one row per SageMaker resource. Defaults come from botocore's model; a row says only what differs.

One file per area, each with its ``ROWS``; files are found by folder. To add a resource, add a row: its Create,
Describe, List, Update, Delete and Stop are then registered, validated, listed with every filter the model has, tagged
and tested (tests/resources walks the rows).

Codes and texts are what clients compare. ``ValidationException`` for a missing thing where boto's waiters and the SDK
look for it ("Could not find ..."), else the modelled ``ResourceNotFound``; a taken name is ``ResourceInUse`` for jobs,
``ValidationException`` with "already exist" where the SDK's upserts look for that.
"""

from __future__ import annotations

import importlib
import pkgutil

from handlers.sagemaker.resource import Resource


def _table() -> dict[str, Resource]:
    """All rows of this folder's files by noun; ``ValueError`` for a noun that comes twice."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    rows = [row for module in modules for row in getattr(module, "ROWS", ())]
    by_noun = {row.noun: row for row in rows}
    if len(by_noun) < len(rows):
        raise ValueError("a resource has two rows")
    return by_noun


RESOURCES = _table()
