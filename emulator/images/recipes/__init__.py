"""What stands in for AWS's framework images: one :class:`Recipe` per repository and tag, built on first use.

The same recipe becomes a Docker image (``Dockerfile`` beside this file) or a Python environment for the process
executor, with the same packages. Nothing of AWS's images is used; the versions are those of the real ones
(tags of aws/sagemaker-scikit-learn-container and aws/sagemaker-xgboost-container).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from emulator.images.recipes.versions import nearest, order
from emulator.images.uri import ImageUri

OLDEST_PYTHON = (3, 8)
"""What the in-container toolkit and the oldest ``xgboost-cpu`` ask for."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """What pip is asked for, and in what it differs from the real image (sentences for the job's log)."""

    lines: tuple[str, ...]
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """One framework image. ``packages`` maps a PyPI name to the real image's version, ``""`` for
    any version; ``python`` is the real image's, ``""`` where any does.

    ``on_request``: too large to be made unasked; ``images build`` makes it, and a real image is preferred.
    """

    framework: str
    version: str
    python: str
    packages: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    indexes: tuple[str, ...] = ()
    on_request: bool = False

    @property
    def name(self) -> str:
        """``sklearn-1.2-1``: what messages, tags and folders call it."""
        return re.sub(r"[^a-zA-Z0-9_.-]", "-", f"{self.framework}-{self.version}")

    @property
    def preferred_python(self) -> str:
        """The real image's Python where our toolkit runs on it, else ``""``: any will do."""
        return self.python if self.python and order(self.python) >= OLDEST_PYTHON else ""

    def requirements(self, python: str) -> Requirements:
        """Pinned requirements that have wheels for ``python`` (``"3.11"``)."""
        lines, differences = [], []
        if self.python and python != self.python:
            differences.append(f"Python {python} instead of {self.python}")
        for package, wanted in self.packages.items():
            if not wanted:
                lines.append(package)
                continue
            chosen = nearest(package, wanted, python)
            lines.append(f"{chosen.package}=={chosen.version}")
            if chosen.version != wanted:
                differences.append(f"{package} {chosen.version} instead of {wanted}")
        return Requirements(tuple(lines), tuple(differences))


_families: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Recipe | None]]] = []


def family(
    pattern: str,
) -> Callable[[Callable[[re.Match[str]], Recipe | None]], Callable[[re.Match[str]], Recipe | None]]:
    """Decorator: a function that makes the recipe of each ``repository:tag`` that matches ``pattern`` in full."""

    def register(make: Callable[[re.Match[str]], Recipe | None]) -> Callable[[re.Match[str]], Recipe | None]:
        _families.append((re.compile(pattern), make))
        return make

    return register


def recipe_for(uri: ImageUri) -> Recipe | None:
    """The recipe that stands in for this image; ``None`` when we have none."""
    from emulator.images.recipes import frameworks  # noqa: F401  registers the families, which import this file

    for pattern, make in _families:
        match = pattern.fullmatch(uri.short)
        if match:
            return make(match)
    return None
