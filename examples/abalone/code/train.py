"""Training step, XGBoost in script mode: channels ``train`` and ``validation`` (CSV, label first) -> a booster.

Hyperparameters arrive as command line arguments. The evaluation lines that XGBoost prints are what the estimator's
``metric_definitions`` look for.
"""

import argparse
import os
from pathlib import Path

import pandas as pd
import xgboost


def channel(name):
    folder = Path(os.environ[f"SM_CHANNEL_{name.upper()}"])
    table = pd.concat(pd.read_csv(path, header=None) for path in sorted(folder.glob("*.csv")))
    return xgboost.DMatrix(table.iloc[:, 1:].to_numpy(), label=table.iloc[:, 0].to_numpy())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--max-depth", "--max_depth", type=int, default=5)
    parser.add_argument("--eta", type=float, default=0.1)
    parser.add_argument("--subsample", type=float, default=0.8)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    args, _ = parser.parse_known_args()

    train, validation = channel("train"), channel("validation")
    settings = {
        "objective": "reg:squarederror",
        "eval_metric": "rmse",
        "max_depth": args.max_depth,
        "eta": args.eta,
        "subsample": args.subsample,
        "seed": 7,
    }
    booster = xgboost.train(
        settings,
        train,
        num_boost_round=args.rounds,
        evals=[(train, "train"), (validation, "validation")],
        early_stopping_rounds=10,
        verbose_eval=10,
    )
    # The name the XGBoost image looks for when it serves a model without a script.
    booster.save_model(str(Path(args.model_dir) / "xgboost-model"))
    print(f"best round {booster.best_iteration}: validation-rmse {booster.best_score:.5f}")


if __name__ == "__main__":
    main()
