"""The built-in XGBoost algorithm: hyperparameters and channels in, ``model/xgboost-model`` out, no script.

Facts kept from docs.aws.amazon.com (xgboost.html, xgboost_hyperparameters.html): ``num_round`` is required, an unknown
hyperparameter is the user's error, channels are ``train`` and ``validation``, the ContentType is libsvm unless said.
Each round logs ``[0]#011train-rmse:…``: ``#011`` is how CloudWatch shows the tab, and what AWS's own metric
definitions look for.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

from . import together
from .training_environment import TrainingEnvironment
from .xgboost_data import ClientError, channel, has_data

_OURS = {"num_round", "early_stopping_rounds", "csv_weights", "eval_metric", "save_model_on_best"}
_IGNORED = {"_kfold", "_num_cv_round", "use_dask_gpu_training", "sketch_eps", "predictor", "silent", "dsplit"}
_IGNORED |= {"single_precision_histogram", "deterministic_histogram", "num_pbuffer", "prob_buffer_row", "num_feature"}
_PARAMETERS = {
    "aft_loss_distribution", "aft_loss_distribution_scale", "alpha", "base_score", "booster", "colsample_bylevel",
    "colsample_bynode", "colsample_bytree", "eta", "feature_selector", "gamma", "grow_policy", "huber_slope",
    "interaction_constraints", "lambda", "lambda_bias", "max_bin", "max_delta_step", "max_depth", "max_leaves",
    "min_child_weight", "monotone_constraints", "normalize_type", "nthread", "num_class", "num_parallel_tree",
    "objective", "one_drop", "process_type", "quantile_alpha", "rate_drop", "refresh_leaf", "sample_type",
    "sampling_method", "scale_pos_weight", "seed", "seed_per_iteration", "skip_drop", "subsample", "top_k",
    "tree_method", "tweedie_variance_power", "updater", "verbosity",
}  # fmt: skip
_RENAMED = {"reg:linear": "reg:squarederror"}


def train(environment: TrainingEnvironment) -> None:
    """Train on the channels and save the model; on several hosts together, where the first saves it.

    Raises :class:`ClientError` for what the user can mend.
    """
    check(environment.hyperparameters)
    hosts, current = environment.hosts, environment.current_host
    if len(hosts) == 1:
        return _fit(environment, _sets(environment), first=True)
    sets = _sets(environment) if has_data(environment.layout.data / "train") else {}
    hosts = together.with_data(hosts, current, bool(sets))
    if not hosts:
        raise ClientError("No host received training data.")
    if current not in hosts:
        return _say(f"Host {current} has no training data and takes no part")
    with together.ring(hosts, current, together.PORT + 1):
        return _fit(environment, sets, first=current == hosts[0])


def _fit(environment: TrainingEnvironment, sets: dict[str, Any], first: bool) -> None:
    import xgboost

    given = environment.hyperparameters
    _say(f"Train matrix has {sets['train'].num_row()} rows and {sets['train'].num_col()} columns")
    metrics = _metrics(given, environment.framework.get("_tuning_objective_metric"))
    callbacks: list[Any] = [_log_callback()] if first else []
    if given.get("early_stopping_rounds"):
        best = str(given.get("save_model_on_best", "false")).lower() == "true"
        callbacks.append(xgboost.callback.EarlyStopping(int(given["early_stopping_rounds"]), save_best=best))
    booster = xgboost.train(
        {**check(given), **({"eval_metric": metrics} if metrics else {})},
        sets["train"],
        num_boost_round=int(given["num_round"]),
        evals=[(data, name) for name, data in sets.items()],
        callbacks=callbacks,
        verbose_eval=False,
    )
    if first:
        save(booster, environment.layout.model / "xgboost-model", os.environ.get("SAGEMAKER_XGBOOST_TAG", ""))


def check(given: dict[str, Any]) -> dict[str, Any]:
    """xgboost's own parameters among the hyperparameters. Raises :class:`ClientError` as AWS's validation does."""
    for name in given:
        if name not in _PARAMETERS | _OURS | _IGNORED:
            raise ClientError(f"Extraneous hyperparameter found: {name}.")
    rounds = given.get("num_round")
    if rounds is None:
        raise ClientError("Missing required hyperparameter: num_round.")
    if not isinstance(rounds, int) or rounds < 1:
        raise ClientError(f"Hyperparameter num_round: could not parse value: {rounds!r} is not a whole number above 0.")
    parameters = {name: value for name, value in given.items() if name in _PARAMETERS}
    objective = parameters.get("objective", "reg:squarederror")
    parameters["objective"] = _RENAMED.get(objective, objective)
    if objective.startswith("multi:") and "num_class" not in given:
        raise ClientError(
            f"Require input for parameter 'num_class' for multi-classification: objective is {objective}."
        )
    return parameters


def save(booster: Any, path: Path, tag: str) -> None:
    """In the form of the image's version: a pickle up to 1.2, xgboost's binary format after."""
    version = tuple(int(part) for part in tag.partition("-")[0].split(".")) if tag else (9,)
    if version <= (1, 2):
        path.write_bytes(pickle.dumps(booster))
    else:
        path.write_bytes(bytes(booster.save_raw("ubj")))


def load(folder: Path) -> Any:
    """The booster saved in ``folder``: ``xgboost-model``, else its only file; a pickle or any of xgboost's formats."""
    import xgboost

    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    path = folder / "xgboost-model"
    if not path.is_file():
        if len(files) != 1:
            raise FileNotFoundError(f"There is no xgboost-model in the model: {[path.name for path in files]}")
        path = files[0]
    content = path.read_bytes()
    if content[:1] == b"\x80":  # the first byte of every binary pickle, and of no xgboost format
        return pickle.loads(content)
    booster = xgboost.Booster()
    booster.load_model(bytearray(content))
    return booster


def _sets(environment: TrainingEnvironment) -> dict[str, Any]:
    weights = bool(environment.hyperparameters.get("csv_weights"))
    if "train" not in environment.channels:
        raise ClientError("Missing required channel: train.")
    sets: dict[str, Any] = {}
    for name in ("train", "validation"):
        folder = environment.layout.data / name
        if name in environment.channels and folder.is_dir():
            kind = str(environment.channels[name].get("ContentType") or "")
            width = sets["train"].num_col() if sets else 0
            sets[name] = channel(folder, kind, weights, width)
    return sets


def _metrics(given: dict[str, Any], tuned: Any) -> list[str]:
    """``eval_metric`` is a list or "rmse,mae"; a tuning job's objective (``validation:rmse``) is measured too."""
    asked = given.get("eval_metric") or []
    names = [name.strip() for name in asked.split(",")] if isinstance(asked, str) else list(asked)
    objective = str(tuned).partition(":")[2] if tuned else ""
    return [*names, objective] if objective and objective not in names else names


def _log_callback() -> Any:
    import xgboost

    class Log(xgboost.callback.TrainingCallback):
        """One line a round."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            scores = [
                f"{data}-{metric}:{history[-1]:.5f}"
                for data, log in evals_log.items()
                for metric, history in log.items()
            ]
            _say("#011".join([f"[{epoch}]", *scores]))
            return False

    return Log()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
