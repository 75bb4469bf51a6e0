"""Metric definitions that come with an image: those a training job has without anybody saying any.

AWS's built-in algorithms have them; the image decides, not the mode it runs in, so a script that lets XGBoost print
its evaluations is read the same way. Source for XGBoost: ``MetricDefinitions`` and ``FinalMetricDataList`` in what
DescribeTrainingJob answered on AWS for jobs of sagemaker-xgboost 0.90-1 and 1.5-1 that were created without any, and
the metric names of the developer guide's page on tuning XGBoost. ``#011`` is how the log agent writes a tab.
"""

from __future__ import annotations

import re

from emulator.images import uri

_XGBOOST = re.compile(r"(sagemaker-)?xgboost")
# Both data sets of all of them are 40 definitions, which is what CreateTrainingJob takes: what Describe says can be
# sent again.
_MEASURES = (
    *("rmse", "mae", "mse", "r2", "logloss", "error", "auc", "aucpr", "accuracy", "f1", "f1_binary", "merror"),
    *("mlogloss", "map", "ndcg", "cox-nloglik", "gamma-deviance", "gamma-nloglik", "poisson-nloglik"),
    "tweedie-nloglik",
)
_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"


def metric_definitions(image: str) -> list[dict[str, str]]:
    """The ``MetricDefinitions`` an image URI comes with; ``[]`` for most. ``ValueError`` if it is no image URI."""
    if not _XGBOOST.fullmatch(uri.parse(image).repository.rpartition("/")[2]):
        return []
    return [
        {"Name": f"{data}:{measure}", "Regex": rf".*\[[0-9]+\].*#011{data}-{measure}:{_NUMBER}.*"}
        for measure in _MEASURES
        for data in ("train", "validation")
    ]
