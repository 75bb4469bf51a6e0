"""botocore's service models, loaded lazily and kept: the one list of operations, shapes, constraints and routes.

The only importer of ``botocore.model`` and ``botocore.loaders``. Two things differ from a client's loading:

* JSON is read by orjson (sagemaker: 30 ms instead of 80 ms) and documentation is dropped before it costs memory;
* ``~/.aws/models`` and ``AWS_DATA_PATH`` are not searched, so the user's files cannot change what the server answers.

Shapes are botocore's own: ``type_name``, ``members``, ``member``, ``key``, ``value``, ``required_members``,
``serialization`` (locations, XML names) and ``metadata`` (min, max, pattern, enum, required, union).
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import orjson
from botocore.exceptions import DataNotFoundError
from botocore.loaders import ExtrasProcessor, JSONFileLoader, Loader
from botocore.model import ServiceModel

# Which attributes a shape has depends on its type_name, which no type checker follows; hence Any, under a name.
Shape = Any
Operation = Any

OLDEST = (1, 44, 5)
"""The oldest botocore whose model has every operation we answer; the lower bound in pyproject.toml."""
_TYPE = "service-2"


def too_old() -> str:
    """Why the installed botocore cannot be used, and what to do; empty if it can. Pip installs packages that want an
    older one beside us (aiobotocore does), and only warns."""
    if tuple(int(part) for part in botocore.__version__.split(".")[:3] if part.isdigit()) >= OLDEST:
        return ""
    needed = ".".join(map(str, OLDEST))
    return (
        f"botocore {botocore.__version__} is too old, {needed} is needed: pip install -U botocore, or give"
        " sagemaker-emulator a virtual environment of its own"
    )


class Service:
    """One service's model: ``name`` as botocore spells it, ``protocol``, ``operation_names``, ``operation(name)``."""

    def __init__(self, name: str, description: dict[str, Any]) -> None:
        self.name = name
        self.metadata: dict[str, Any] = description["metadata"]
        self.protocol: str = self.metadata["protocol"]
        self.operation_names: frozenset[str] = frozenset(description["operations"])
        self.model = ServiceModel(description, name)
        self._errors: dict[str, Shape] = {}
        self._operations: dict[str, Operation] = {}

    def operation(self, name: str) -> Operation:
        """botocore's OperationModel (``http``, ``input_shape``, ``output_shape``, ``error_shapes``); ``KeyError``."""
        found = self._operations.get(name)  # botocore's own cache takes longer, and a call asks four times
        if found is None:
            if name not in self.operation_names:
                raise KeyError(f"{self.name} has no operation {name}")
            found = self._operations[name] = self.model.operation_model(name)
        return found

    def error_shape(self, code: str) -> Shape | None:
        """The exception shape a client will find for an error code, or ``None``."""
        if not self._errors:
            shapes: list[Shape] = self.model.error_shapes
            self._errors = {shape.error_code: shape for shape in shapes}
        return self._errors.get(code)


class _Reader(JSONFileLoader):
    """Reads model files with orjson and leaves documentation out."""

    def load_file(self, file_path: str) -> Any:
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return orjson.loads(plain.read_bytes())
        return orjson.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


@cache
def _loader() -> Loader:
    return Loader(
        extra_search_paths=[Loader.BUILTIN_DATA_PATH], file_loader=_Reader(), include_default_search_paths=False
    )


@cache
def service(name: str) -> Service:
    """The model of a service by its botocore name (``sagemaker-runtime``); ``KeyError`` if botocore has none."""
    try:
        version = _loader().determine_latest_version(name, _TYPE)
        description = _loader().load_data(f"{name}/{version}/{_TYPE}")
    except DataNotFoundError as error:
        raise KeyError(f"botocore has no service {name}") from error
    _add_extras(description, f"{name}/{version}/{_TYPE}")
    for part in (*description["shapes"].values(), *description["operations"].values()):
        part.pop("documentation", None)
        for member in part.get("members", {}).values():
            member.pop("documentation", None)
    return Service(name, description)


def _add_extras(description: dict[str, Any], name: str) -> None:
    """Merge the SDKs' own additions to a model, as botocore does for its clients."""
    try:
        extras = _loader().load_data(f"{name}.sdk-extras")
    except DataNotFoundError:
        return
    ExtrasProcessor().process(description, [extras])
