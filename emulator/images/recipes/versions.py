"""Which versions of the frameworks have wheels for which Python, and so what is nearest to the one asked for.

A table, not a question to the index: resolution must be the same on every machine and work without a network. Each
row is the newest patch of the first minor version that was published with wheels for that Python (PyPI file lists).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Package -> Python -> first version with wheels for it. A Python that is not listed has wheels from the start.
_FIRST = {
    "numpy": {"3.9": "1.21.6", "3.10": "1.21.6", "3.11": "1.23.5", "3.12": "1.26.4", "3.13": "2.1.3", "3.14": "2.3.5"},
    "scipy": {"3.9": "1.5.4", "3.10": "1.7.3", "3.11": "1.9.3", "3.12": "1.11.4", "3.13": "1.14.1", "3.14": "1.16.3"},
    "pandas": {"3.9": "1.1.5", "3.10": "1.3.5", "3.11": "1.5.3", "3.12": "2.1.4", "3.13": "2.2.3", "3.14": "2.3.3"},
    "scikit-learn": {
        "3.9": "0.24.2",
        "3.10": "1.0.2",
        "3.11": "1.1.3",
        "3.12": "1.3.2",
        "3.13": "1.5.2",
        "3.14": "1.7.2",
    },
}
# The plain xgboost wheels carry or require CUDA (192 MB, or 469 MB of NVIDIA packages); these do not, and start here.
_XGBOOST_CPU = "2.1.4"


@dataclass(frozen=True, slots=True)
class Pin:
    """The PyPI name and version to install."""

    package: str
    version: str


def nearest(package: str, version: str, python: str) -> Pin:
    """The pin for ``version`` of ``package``: itself where ``python`` has wheels for it, else the nearest above."""
    if package == "xgboost":
        return Pin("xgboost-cpu", max(version, _XGBOOST_CPU, key=order))
    first = _FIRST.get(package, {}).get(python, "0")
    return Pin(package, max(version, first, key=order))


def order(version: str) -> tuple[int, ...]:
    """A version as numbers, to compare: ``"1.10.2"`` -> ``(1, 10, 2)``. Suffixes count for nothing."""
    return tuple(int(number) for number in re.findall(r"\d+", version))
