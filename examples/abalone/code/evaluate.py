"""Processing step: the trained model against the test table -> evaluation.json, which the pipeline decides on.

Reads   /opt/ml/processing/model/model.tar.gz and /opt/ml/processing/test/test.csv
Writes  /opt/ml/processing/evaluation/evaluation.json
"""

import json
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost

BASE = Path("/opt/ml/processing")


def load_model():
    with tarfile.open(BASE / "model" / "model.tar.gz") as archive:
        member = next(member for member in archive if Path(member.name).name == "xgboost-model")
        content = archive.extractfile(member).read()
    booster = xgboost.Booster()
    booster.load_model(bytearray(content))
    return booster


def main():
    test = pd.read_csv(BASE / "test" / "test.csv", header=None)
    actual = test.iloc[:, 0].to_numpy()
    errors = actual - load_model().predict(xgboost.DMatrix(test.iloc[:, 1:].to_numpy()))
    report = {
        "regression_metrics": {
            "mse": {"value": float(np.mean(errors**2)), "standard_deviation": float(np.std(errors**2))},
            "mae": {"value": float(np.mean(np.abs(errors)))},
            "r2": {"value": float(1 - np.sum(errors**2) / np.sum((actual - actual.mean()) ** 2))},
            "count": {"value": len(actual)},
        }
    }
    folder = BASE / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(json.dumps(report, indent=2))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
