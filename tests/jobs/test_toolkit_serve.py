"""``serve`` in our stand-in images, on each executor: the built-in XGBoost server and scripts' own functions."""

from __future__ import annotations

import io
import json
import signal
from pathlib import Path

import numpy
import pytest

from emulator.executors.base import Executor
from tests.jobs.toolkit_box import Box, Serving, box_of

ECR = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
XGBOOST = f"{ECR}/sagemaker-xgboost:1.7-1"
SKLEARN = f"{ECR}/sagemaker-scikit-learn:1.2-1-cpu-py3"

TRAIN_SKLEARN = """
import joblib, numpy
from sklearn.linear_model import LinearRegression
x = numpy.arange(20.0).reshape(10, 2)
joblib.dump(LinearRegression().fit(x, x.sum(axis=1)), "/opt/ml/model/model.joblib")
"""
OWN_FUNCTIONS = """
import json, os
import joblib

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

def input_fn(body, content_type):
    if content_type != "application/json":
        raise ValueError("only JSON: " + content_type)
    return json.loads(body)["rows"]

def output_fn(prediction, accept):
    return json.dumps({"answer": [round(value, 3) for value in prediction]}), "application/json"
"""


AWS_NAMES = """
from sagemaker_containers.beta.framework import content_types, encoders, worker
from sagemaker_xgboost_container import encoder as xgb_encoders
import os, xgboost

def model_fn(model_dir):
    booster = xgboost.Booster()
    booster.load_model(os.path.join(model_dir, "xgboost-model"))
    return booster

def input_fn(body, content_type):
    return xgb_encoders.decode(body, content_type)

def output_fn(prediction, accept):
    return worker.Response(encoders.encode(prediction, content_types.JSON), mimetype=content_types.JSON)
"""


@pytest.fixture(scope="module")
def xgboost_box(lasting_executor: Executor, tmp_path_factory: pytest.TempPathFactory) -> Box:
    box = box_of(XGBOOST, lasting_executor, tmp_path_factory.mktemp("xgboost"))
    box.channel("train", {"a": "".join(f"{x + y},{x},{y}\n" for x in range(20) for y in range(10))}, "text/csv")
    box.hyperparameters(num_round="30")
    code, log = box.run("train")
    assert code == 0, log
    return box


@pytest.fixture(scope="module")
def sklearn_box(lasting_executor: Executor, tmp_path_factory: pytest.TempPathFactory) -> Box:
    box = box_of(SKLEARN, lasting_executor, tmp_path_factory.mktemp("sklearn"))
    code, log = box.run("python3", "-c", TRAIN_SKLEARN)
    assert code == 0, log
    (box.ml / "model/code").mkdir()
    (box.ml / "model/code/inference.py").write_text(OWN_FUNCTIONS)
    return box


def test_builtin_xgboost(xgboost_box: Box) -> None:
    with Serving(xgboost_box) as serving:
        status, kind, body = serving.invoke(b"3,4\n10,2", "text/csv")
        assert (status, kind) == (200, "text/csv")
        lines = [float(line) for line in body.decode().split()]
        assert lines == pytest.approx([7, 12], abs=1)
        assert [float(line) for line in serving.invoke(b"0:3 1:4\n1 0:10 1:2\n", "text/libsvm")[2].split()] == lines
        status, kind, body = serving.invoke(b"3,4\n10,2\n", "text/csv; charset=utf-8", "application/json")
        assert (status, kind) == (200, "application/json")
        assert [row["score"] for row in json.loads(body)["predictions"]] == lines
        assert serving.invoke(b"", "text/csv")[0] == 204
        assert serving.invoke(b"1,2,3", "text/csv")[0] == 400
        assert serving.invoke(b"one,two", "text/csv")[0] == 415
        assert serving.invoke(b"1,2", "image/png")[0] == 415
        assert serving.invoke(b"1,2", "text/csv", "image/png")[0] == 406
        assert serving.ask("GET", "/nothing")[0] == 404
        limits = json.loads(serving.ask("GET", "/execution-parameters")[2])
        assert (limits["BatchStrategy"], limits["MaxPayloadInMB"]) == ("MULTI_RECORD", 6)


def test_a_batch_has_one_line_per_record(xgboost_box: Box) -> None:
    with Serving(xgboost_box, SAGEMAKER_BATCH="true") as serving:
        body = serving.invoke(b"3,4\n10,2\n1,1\n", "text/csv")[2]
        assert body.endswith(b"\n")
        assert len(body.splitlines()) == 3


def test_a_script_that_imports_what_only_aws_has(xgboost_box: Box) -> None:
    (xgboost_box.ml / "code/inference.py").write_text(AWS_NAMES)
    with Serving(xgboost_box, SAGEMAKER_PROGRAM="inference.py", SAGEMAKER_SUBMIT_DIRECTORY="/opt/ml/code") as serving:
        for body, kind in ((b"3,4", "text/csv"), (b"0:3 1:4", "text/libsvm")):
            status, answered, text = serving.invoke(body, kind)
            assert (status, answered) == (200, "application/json"), text
            assert json.loads(text) == pytest.approx([7], abs=1)


def test_sklearn_without_a_script(sklearn_box: Box) -> None:
    with Serving(sklearn_box) as serving:
        assert json.loads(serving.invoke(b"1,2", "text/csv")[2]) == pytest.approx([3])
        assert json.loads(serving.invoke(b"[[1, 2], [3, 4]]", "application/json")[2]) == pytest.approx([3, 7])
        packed = io.BytesIO()
        numpy.save(packed, numpy.array([[1.0, 2.0]]))
        status, kind, body = serving.invoke(packed.getvalue(), "application/x-npy", "application/x-npy")
        assert (status, kind) == (200, "application/x-npy")
        assert numpy.load(io.BytesIO(body)) == pytest.approx([3])
        assert float(serving.invoke(b"1,2", "text/csv", "text/csv")[2]) == pytest.approx(3)
        assert serving.invoke(b"1,2", "text/html")[0] == 415
        assert serving.invoke(b"1,2", "text/csv", "text/html")[0] == 406


def test_a_script_with_functions_of_its_own(sklearn_box: Box) -> None:
    variables = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    with Serving(sklearn_box, **variables) as serving:
        status, kind, body = serving.invoke(b'{"rows": [[1, 2]]}', "application/json")
        assert (status, kind, json.loads(body)) == (200, "application/json", {"answer": [3.0]})
        status, _, body = serving.invoke(b"1,2", "text/csv")
        assert (status, body) == (500, b"ValueError: only JSON: text/csv")
        assert "ValueError: only JSON: text/csv" in serving.log()


def test_a_model_that_cannot_be_loaded_ends_the_server(lasting_executor: Executor, tmp_path: Path) -> None:
    box = box_of(SKLEARN, lasting_executor, tmp_path)
    code, log = box.run("serve")
    assert code == 1
    assert "Please provide a model_fn implementation" in log


def test_it_stops_when_asked(sklearn_box: Box) -> None:
    with Serving(sklearn_box) as serving:
        sklearn_box.executor.stop(serving.container, 30)
        done = sklearn_box.executor.wait(serving.container, 10)
        assert done is not None
        assert done.code in {0, 128 + signal.SIGTERM}
