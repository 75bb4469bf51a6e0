"""Answers one inference request: the user's ``model_fn … output_fn`` where given, defaults for the framework elsewhere.

The functions and their order are the SDK's documented contract: ``transform_fn`` replaces the last three; ``input_fn``
gets text for JSON and CSV and bytes else; ``output_fn`` may give data, or data and its content type.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from . import media, source, xgboost_algorithm, xgboost_data
from .layout import Layout

DEFAULT_ACCEPT = "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"


@dataclass(frozen=True)
class Answer:
    """Body, content type and HTTP status."""

    body: bytes
    content_type: str = "text/plain"
    status: int = 200


@dataclass(frozen=True)
class Handlers:
    """The four functions; ``whole`` is ``transform_fn``."""

    model: Callable[[str], Any]
    read: Callable[[Any, str], Any]
    predict: Callable[[Any, Any], Any]
    write: Callable[[Any, str], Any]
    whole: Callable[[Any, Any, str, str], Any] | None = None


class Inference:
    """A loaded model and how to ask it. Loading happens once, in the constructor."""

    def __init__(self, layout: Layout) -> None:
        script = user_script(layout)
        self._plain_xgboost = script is None and bool(os.environ.get("SAGEMAKER_XGBOOST_TAG"))
        self._handlers = _with_script(script, layout) if script else _defaults()
        self._model = self._handlers.model(str(layout.model))

    def answer(self, body: bytes, content_type: str, accept: str) -> Answer:
        """The answer to ``POST /invocations``; errors in the user's functions come out as they are."""
        content_type = media.plain(content_type) or media.CSV
        if self._plain_xgboost:
            return _builtin_xgboost(self._model, body, content_type, accept)
        accept = media.plain(accept)
        if accept in {"", "*/*"}:
            accept = os.environ.get(DEFAULT_ACCEPT, media.JSON)
        given: bytes | str = body.decode("utf-8") if content_type in media.TEXTS else body
        handlers = self._handlers
        try:
            if handlers.whole:
                return _pack(handlers.whole(self._model, given, content_type, accept), accept)
            data = handlers.read(given, content_type)
        except media.UnsupportedType as error:
            return Answer(str(error).encode(), status=415)
        prediction = handlers.predict(data, self._model)
        try:
            return _pack(handlers.write(prediction, accept), accept)
        except media.UnsupportedType as error:
            return Answer(str(error).encode(), status=406)


def user_script(layout: Layout) -> Path | None:
    """The inference script, fetched and with its requirements installed; ``None`` when none is named."""
    program = os.environ.get("SAGEMAKER_PROGRAM")
    if not program:
        return None
    packed = layout.model / "code"
    submitted = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY") or str(packed)
    remote = submitted.startswith("s3://")
    folder = source.fetch(submitted, layout.code) if remote or not (packed / program).is_file() else packed
    source.install_requirements(folder)
    return folder / program


def _with_script(script: Path, layout: Layout) -> Handlers:
    module = _import(script)
    defaults = _defaults()

    def function(name: str, default: Any) -> Any:
        return getattr(module, name, default)

    whole = function("transform_fn", None)
    if whole and any(hasattr(module, name) for name in ("input_fn", "predict_fn", "output_fn")):
        raise ValueError(
            "Cannot use transform_fn implementation in conjunction with input_fn, predict_fn, and/or output_fn"
        )
    return Handlers(
        function("model_fn", defaults.model),
        function("input_fn", defaults.read),
        function("predict_fn", defaults.predict),
        function("output_fn", defaults.write),
        whole,
    )


def _import(script: Path) -> ModuleType:
    sys.path.insert(0, str(script.parent))
    spec = importlib.util.spec_from_file_location(script.stem, script)
    if spec is None or spec.loader is None:
        raise ValueError(f"{script.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[script.stem] = module
    spec.loader.exec_module(module)
    return module


def _defaults() -> Handlers:
    if os.environ.get("SAGEMAKER_XGBOOST_TAG"):
        return Handlers(_load_xgboost, _read_xgboost, _predict_xgboost, media.from_array)
    return Handlers(_load_joblib, media.to_array, lambda data, model: model.predict(data), media.from_array)


def _load_joblib(folder: str) -> Any:
    import joblib

    found = [path for path in sorted(Path(folder).iterdir()) if path.suffix in {".joblib", ".pkl", ".pickle"}]
    if len(found) != 1:
        raise FileNotFoundError("Please provide a model_fn implementation, or one *.joblib or *.pkl file in the model")
    return joblib.load(found[0])


def _load_xgboost(folder: str) -> Any:
    return xgboost_algorithm.load(Path(folder))


def _read_xgboost(body: Any, content_type: str) -> Any:
    return xgboost_data.payload(body.encode() if isinstance(body, str) else body, content_type, 0)


def _predict_xgboost(data: Any, model: Any) -> Any:
    best = model.attr("best_iteration")
    return model.predict(data, validate_features=False, iteration_range=(0, int(best) + 1) if best else (0, 0))


def _builtin_xgboost(model: Any, body: bytes, content_type: str, accept: str) -> Answer:
    """The built-in algorithm's server: 204, 415, 400 and 406 where AWS's container answers so."""
    if not body:
        return Answer(b"", status=204)
    wanted = media.plain(accept)
    if wanted in {"", "*/*"}:
        wanted = os.environ.get(DEFAULT_ACCEPT, media.CSV)
    try:
        data = xgboost_data.payload(body, content_type, model.num_features())
    except (media.UnsupportedType, ValueError) as error:
        return Answer(str(error).encode(), status=415)
    if data.num_col() != model.num_features():
        text = f"Feature size of {content_type} inference data {data.num_col()} is not consistent with feature size of"
        return Answer(
            f"Unable to evaluate payload provided: {text} trained model {model.num_features()}.".encode(), status=400
        )
    if wanted not in {media.CSV, media.JSON, media.JSON_LINES}:
        return Answer(f"Accept type {wanted} is not supported.".encode(), status=406)
    values = _predict_xgboost(data, model).tolist()
    return Answer(_builtin_form(values, wanted), wanted)


def _builtin_form(values: list[Any], accept: str) -> bytes:
    if os.environ.get("SAGEMAKER_BATCH"):
        return "".join(f"{value}\n" for value in values).encode()
    scores = [{"score": value} for value in values]
    if accept == media.JSON:
        return media.from_array({"predictions": scores}, accept)
    if accept == media.JSON_LINES:
        return media.from_array(scores, accept)
    tag = os.environ.get("SAGEMAKER_XGBOOST_TAG", "9").partition("-")[0]
    if tuple(int(part) for part in tag.split(".")) < (1, 3):  # up to 1.2 all on one line
        return ",".join(str(value) for value in values).encode()
    return media.from_array(values, accept)


def _pack(result: Any, accept: str) -> Answer:
    """What ``output_fn`` or ``transform_fn`` gave: data, or (data, content type), or an object with ``response``."""
    if isinstance(result, tuple) and len(result) == 2:
        result, accept = result
    if hasattr(result, "response") and hasattr(result, "mimetype"):  # sagemaker_containers' worker.Response
        result, accept = result.response, result.mimetype
    if isinstance(result, str):
        result = result.encode("utf-8")
    if not isinstance(result, (bytes, bytearray)):
        result = media.from_array(result, media.plain(accept))
    return Answer(bytes(result), accept)
