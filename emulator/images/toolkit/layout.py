"""The folders and files under ``/opt/ml``. ``SAGEMAKER_BASE_DIR`` moves them, for tests and for unusual hosts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Layout:
    """Paths only; nothing is created or read before it is asked for."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.model = base / "model"
        self.code = base / "code"
        self.input = base / "input"
        self.config = self.input / "config"
        self.data = self.input / "data"
        self.output = base / "output"
        self.output_data = self.output / "data"
        self.intermediate = self.output / "intermediate"
        self.failure = self.output / "failure"
        self.success = self.output / "success"
        self.checkpoints = base / "checkpoints"

    def configuration(self, name: str) -> dict[str, Any]:
        """``input/config/<name>.json``, ``{}`` where the service wrote none."""
        path = self.config / f"{name}.json"
        return dict(json.loads(path.read_text() or "{}")) if path.is_file() else {}

    def prepare(self) -> None:
        """Make the folders a training script may write to."""
        for folder in (self.model, self.code, self.output_data, self.intermediate):
            folder.mkdir(parents=True, exist_ok=True)


def layout() -> Layout:
    """The layout of this container."""
    return Layout(Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")))
