"""What a user writes with the SDK v3: ModelTrainer with a script. Prints one JSON line at the end."""

import json
import logging
import tempfile
from pathlib import Path

from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, SourceCode

TRAIN = """
import os, pathlib
print("v3 script runs as", os.environ["TRAINING_JOB_NAME"])
pathlib.Path("/opt/ml/model/weights.txt").write_text("0.5")
"""

logging.basicConfig(level=logging.INFO)  # the SDK logs the job's lines, and says nothing on its own
folder = Path(tempfile.mkdtemp())
(folder / "train.py").write_text(TRAIN)
session = Session()
trainer = ModelTrainer(
    training_image=f"683313688378.dkr.ecr.{session.boto_region_name}.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
    source_code=SourceCode(source_dir=str(folder), entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    role=get_execution_role(),
    base_job_name="v3-trainer",
    sagemaker_session=session,
)
trainer.train(wait=True, logs=True)
job = trainer._latest_training_job
print("RESULT " + json.dumps({"status": job.training_job_status, "model_data": job.model_artifacts.s3_model_artifacts}))
