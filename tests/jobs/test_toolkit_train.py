"""``train`` in our stand-in images, on each executor: script mode, failures, the built-in XGBoost algorithm."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import xgboost

from emulator.executors.base import Executor
from tests.jobs.conftest import make
from tests.jobs.toolkit_box import Box, box_of

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ROWS = [(x * 0.5 + y, x, y) for x in range(20) for y in range(10)]
TABLE = "".join(f"{label},{x},{y}\n" for label, x, y in ROWS)
SPARSE = "".join(f"{label} 0:{x} 1:{y}\n" for label, x, y in ROWS)

SCRIPT = """
import argparse, json, os, sys
parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int)
parser.add_argument("-n", type=float)
parser.add_argument("--name")
parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
args = parser.parse_args()
import helper, tiny_package
seen = {k: v for k, v in os.environ.items() if k.startswith("SM_")}
seen.update(argv=sys.argv[1:], cwd=os.getcwd(), helper=helper.VALUE, tiny=tiny_package.VALUE)
with open(os.path.join(args.model_dir, "seen.json"), "w") as file:
    json.dump(seen, file)
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "more.txt"), "w") as file:
    file.write("more")
print("read", open(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "a.csv")).read().strip())
"""


def wheel() -> bytes:
    """A package that pip installs without asking any index."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tiny_package.py", "VALUE = 7\n")
        info = "tiny_package-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-package\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return packed.getvalue()


@pytest.fixture
def box(lasting_executor: Executor, tmp_path: Path) -> Box:
    return box_of(XGBOOST, lasting_executor, tmp_path)


@pytest.fixture
def process_box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Box]:
    """For what is the same Python code on every executor: once is enough."""
    with closing(make("process", tmp_path / "work", request)) as executor:
        yield box_of(XGBOOST, executor, tmp_path)


def test_script_mode(box: Box) -> None:
    files = {"tiny_package-1.0-py3-none-any.whl": wheel(), "requirements__txt": "./tiny_package-1.0-py3-none-any.whl\n"}
    code = box.code(train__py=SCRIPT, helper__py="VALUE = 3\n", **files)
    box.channel("train", {"a.csv": "1,2"}, "text/csv")
    box.hyperparameters(
        depth="4",
        n="0.5",
        name='"it\'s"',
        sagemaker_program='"train.py"',
        sagemaker_submit_directory=f'"{code}"',
        sagemaker_container_log_level="20",
    )
    exit_code, log = box.run("train")
    assert exit_code == 0, log
    assert "read 1,2" in log
    seen = json.loads((box.ml / "model/seen.json").read_text())
    assert seen["argv"] == ["--depth", "4", "-n", "0.5", "--name", "it's"]
    assert (seen["cwd"], seen["helper"], seen["tiny"]) == ("/opt/ml/code", 3, 7)
    assert seen["SM_CHANNELS"] == '["train"]'
    assert json.loads(seen["SM_HPS"]) == {"depth": 4, "n": 0.5, "name": "it's"}
    assert seen["SM_HP_NAME"] == "it's"
    assert json.loads(seen["SM_HOSTS"]) == ["algo-1"]
    assert seen["SM_CURRENT_HOST"] == "algo-1"
    assert seen["SM_USER_ENTRY_POINT"] == "train.py"
    assert json.loads(seen["SM_TRAINING_ENV"])["channel_input_dirs"] == {"train": "/opt/ml/input/data/train"}
    assert box.files("output") == ["data/more.txt", "success"]


def test_a_script_that_fails(box: Box) -> None:
    code = box.code(train__py="import sys\nprint('so far', flush=True)\nraise ValueError('no such column: sex')\n")
    box.hyperparameters(sagemaker_program="train.py", sagemaker_submit_directory=code)
    exit_code, log = box.run("train")
    assert exit_code == 1
    assert "so far" in log
    assert box.failure().startswith('ExecuteUserScriptError:\nExitCode 1\nErrorMessage "Traceback')
    assert "ValueError: no such column: sex" in box.failure()
    assert "success" not in box.files("output")


def test_the_exit_code_of_a_shell_script_comes_through(box: Box) -> None:
    code = box.code(train__sh='#!/bin/bash\necho "got $1 $2"\nexit 7\n')
    box.hyperparameters(sagemaker_program="train.sh", sagemaker_submit_directory=code, a="1")
    exit_code, log = box.run("train")
    assert exit_code == 7
    assert "got -a 1" in log


def test_code_that_is_not_there(box: Box) -> None:
    box.hyperparameters(sagemaker_program="train.py", sagemaker_submit_directory="/opt/ml/input/data/none.tar.gz")
    assert box.run("train")[0] == 1
    assert box.failure() == "Framework Error: There is no code at /opt/ml/input/data/none.tar.gz"


@pytest.mark.parametrize(("text", "content_type"), [(TABLE, "text/csv"), (SPARSE, "libsvm"), (SPARSE, "")])
def test_builtin_xgboost(box: Box, text: str, content_type: str) -> None:
    box.channel("train", {"part/a": text, "b": text}, content_type)
    box.channel("validation", {"a": text}, content_type)
    box.hyperparameters(num_round="20", max_depth="3", eta="0.5", objective="reg:linear", eval_metric="rmse,mae")
    exit_code, log = box.run("train")
    assert exit_code == 0, log
    # The definition AWS itself uses for this algorithm's validation:rmse (docs, "Tune an XGBoost model").
    errors = re.findall(r".*\[[0-9]+\].*#011validation-rmse:([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*", log)
    assert len(errors) == 20
    assert float(errors[-1]) < 0.5 < float(errors[0])
    booster = xgboost.Booster()
    booster.load_model(bytearray((box.ml / "model/xgboost-model").read_bytes()))
    assert booster.num_features() == 2


@pytest.mark.parametrize(
    ("given", "text", "content_type", "reason"),
    [
        ({}, TABLE, "text/csv", "Missing required hyperparameter: num_round."),
        ({"num_round": "ten"}, TABLE, "text/csv", "num_round: could not parse value: 'ten'"),
        ({"num_round": "1", "depth": "3"}, TABLE, "text/csv", "Extraneous hyperparameter found: depth."),
        ({"num_round": "1", "objective": "multi:softmax"}, TABLE, "text/csv", "'num_class'"),
        ({"num_round": "1"}, TABLE, "", "is not libsvm (the default ContentType"),
        ({"num_round": "1"}, "a,b\n1,2\n", "text/csv", "Non-numeric value"),
        ({"num_round": "1"}, "", "text/csv", "There is no data in the channel train"),
        ({"num_round": "1"}, TABLE, "image/png", "image/png is not an accepted ContentType"),
    ],
)
def test_builtin_xgboost_says_what_the_user_can_mend(
    process_box: Box, given: dict[str, str], text: str, content_type: str, reason: str
) -> None:
    box = process_box
    box.channel("train", {"a": text} if text else {".hidden": ""}, content_type)
    box.hyperparameters(**given)
    assert box.run("train")[0] == 1
    assert box.failure().startswith("ClientError: ")
    assert reason in box.failure()


def test_builtin_xgboost_on_two_hosts(lasting_executor: Executor, tmp_path: Path) -> None:
    """Each host has its half; only the first saves, and its model has seen both halves."""
    network = lasting_executor.create_network("toolkit-two")
    hosts, running = ["algo-1", "algo-2"], []
    halves = ("".join(f"{x},{x}\n" for x in range(50)), "".join(f"{x},{x}\n" for x in range(50, 100)))
    try:
        for host, half in zip(hosts, halves, strict=True):
            box = box_of(XGBOOST, lasting_executor, tmp_path / host)
            box.configure("resourceconfig", {"current_host": host, "hosts": hosts})
            box.channel("train", {"half": half}, "csv")
            box.hyperparameters(num_round="10", max_depth="4", eta="0.6")
            spec = replace(box.spec("train"), network=network, hostname=host)
            running.append((box, lasting_executor.start(spec)))
        for _, container in running:
            done = lasting_executor.wait(container, 120)
            assert done is not None
            assert done.code == 0, b"\n".join(lasting_executor.logs(container)).decode()
        first, second = (box for box, _ in running)
        assert (first.files("model"), second.files("model")) == (["xgboost-model"], [])
        booster = xgboost.Booster(model_file=bytearray((first.ml / "model/xgboost-model").read_bytes()))
        assert booster.predict(xgboost.DMatrix([[10.0], [90.0]])) == pytest.approx([10, 90], abs=3)
    finally:
        for _, container in running:
            lasting_executor.remove(container)
        lasting_executor.remove_network(network)
