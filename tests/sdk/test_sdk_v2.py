"""The SageMaker Python SDK v2, unmodified and with no endpoint in the code."""

from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path

import xgboost

from tests.conftest import Running
from tests.sdk.conftest import SCRIPTS, RunCommand, result

LOOPBACK = {"127.0.0.1", "::1"}


def test_fit_and_run_with_logs(run_command: RunCommand, executor_server: Running, tmp_path: Path) -> None:
    done = run_command(sys.executable, str(SCRIPTS / "fit_and_run.py"))
    found = result(done)
    assert found["bucket"] == "sagemaker-us-east-1-123456789012"
    assert found["role"].startswith("arn:aws:iam::123456789012:role/")
    assert found["answer"] == "42"
    assert "hello from the job" in done.stdout
    assert "train-rmse" in done.stdout
    assert set(found["connected"]) <= LOOPBACK, "a connection left this machine"
    bucket, _, key = found["model_data"].removeprefix("s3://").partition("/")
    archive = executor_server.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.0 to 3.11.3 have none
        tar.extractall(tmp_path)
    # The container's name for the file has no ending; xgboost warns that it has to guess the format.
    model = (tmp_path / "xgboost-model").rename(tmp_path / "xgboost-model.ubj")
    booster = xgboost.Booster(model_file=model)
    assert booster.num_boosted_rounds() == 5
