"""Training data to ``DMatrix``, for users' training scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sagemaker_emulator_toolkit import xgboost_data


def get_dmatrix(data_path: str, content_type: str, csv_weights: int = 0, is_pipe: bool = False) -> Any:
    """The data of a file or folder, label first; ``None`` where there is none."""
    folder = Path(data_path)
    if not folder.exists() or not xgboost_data.has_data(folder):
        return None
    return xgboost_data.channel(folder, content_type, bool(csv_weights))
