"""A file imports only from its own layer or a lower one, and no file grows past 400 lines (DESIGN: layers)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# First match wins; the number is the layer.
LAYERS = (
    ("emulator/__init__", 0),
    ("emulator/config", 0),
    ("emulator/errors", 0),
    ("emulator/credentials", 0),
    ("emulator/arns", 0),
    ("emulator/aws/", 1),
    ("emulator/faults", 2),
    ("emulator/store", 2),
    ("emulator/objects", 2),
    ("emulator/logs", 2),
    ("emulator/images/", 3),
    ("emulator/executors/", 3),
    ("emulator/jobs/", 4),
    ("emulator/endpoints/", 4),
    ("emulator/features/", 4),
    ("emulator/pipelines/", 5),
    ("emulator/callers", 6),
    ("emulator/services", 6),
    ("handlers/", 7),
    ("emulator/browser/", 8),
    ("emulator/gateway", 8),
    ("emulator/passthrough", 8),
    ("emulator/notices", 8),
    ("emulator/proxy", 8),
    ("emulator/server", 8),
    ("emulator/console/", 8),
    ("emulator/app", 9),
    ("emulator/cli", 10),
    ("emulator/commands/", 10),
    ("emulator/__main__", 10),
    ("emulator/pytest_plugin", 10),
)
ONLY_IMPORTERS = {"handlers": ("emulator/app", "handlers/"), "botocore.model": ("emulator/aws/model",)}


def sources() -> list[Path]:
    return sorted(p for top in ("emulator", "handlers") for p in (ROOT / top).rglob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix()


def layer(name: str) -> int:
    for prefix, number in LAYERS:
        if name.startswith(prefix):
            return number
    raise AssertionError(f"{name} has no layer: give it one here and in the design")


def runtime_imports(tree: ast.AST) -> set[str]:
    """Module names a file imports when it runs; ``if TYPE_CHECKING:`` blocks are left out."""
    found: set[str] = set()
    hidden: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            hidden.update(inner for statement in node.body for inner in ast.walk(statement))
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def module_file(name: str) -> str | None:
    path = ROOT.joinpath(*name.split("."))
    if path.with_suffix(".py").is_file():
        return place(path.with_suffix(".py"))
    return place(path / "__init__.py") if (path / "__init__.py").is_file() else None


@pytest.mark.parametrize("path", sources(), ids=place)
def test_imports_only_from_own_or_lower_layer(path: Path) -> None:
    mine = layer(place(path))
    for name in runtime_imports(ast.parse(path.read_text())):
        for guarded, allowed in ONLY_IMPORTERS.items():
            if name == guarded or name.startswith(guarded + "."):
                assert place(path).startswith(allowed), f"{place(path)} must not import {name}"
        target = module_file(name)
        if target:
            assert layer(target) <= mine, f"{place(path)} (L{mine}) imports {name} (L{layer(target)})"


def test_no_file_over_400_lines() -> None:
    long = {place(p): n for p in sources() if (n := len(p.read_text().splitlines())) > 400}
    assert not long


def test_a_typical_file_is_short() -> None:
    lengths = sorted(len(p.read_text().splitlines()) for p in sources() if p.name != "__init__.py")
    assert lengths[len(lengths) // 2] <= 150
