"""What a user writes with the SDK v2's experiments: Run, load_run, list_runs, a job in a run; one JSON line."""

import json
import tempfile
import time
from pathlib import Path

import sagemaker
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.experiments import Run, list_runs, load_run
from sagemaker.experiments.experiment import Experiment

session = sagemaker.Session()
bucket, role = session.default_bucket(), sagemaker.get_execution_role()
client = session.sagemaker_client
folder = Path(tempfile.mkdtemp())
name = f"experiment-{int(time.time() * 1000)}"

(folder / "notes.txt").write_text("what was done")
(folder / "train.csv").write_text("".join(f"{3 * x + 1},{x},{x % 5}\n" for x in range(50)))
data = session.upload_data(str(folder / "train.csv"), bucket, f"{name}/input")

with Run(experiment_name=name, run_name="first", sagemaker_session=session) as run:
    run.log_parameter("learning_rate", 0.25)
    run.log_parameters({"optimizer": "adam", "layers": 3})
    for step in range(12):
        run.log_metric("loss", 1.0 / (step + 1), step=step)
    run.log_file(str(folder / "notes.txt"), name="notes", is_output=True)
    run.log_artifact("data", data, media_type="text/csv", is_output=False)
    component = run._trial_component.trial_component_name

with load_run(experiment_name=name, run_name="first", sagemaker_session=session) as loaded:
    loaded.log_parameter("later", "yes")

with Run(experiment_name=name, run_name="second", sagemaker_session=session) as second:
    estimator = sagemaker.estimator.Estimator(
        image_uri=sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"),
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        hyperparameters={"objective": "reg:squarederror", "num_round": 4},
        sagemaker_session=session,
    )
    estimator.fit({"train": sagemaker.inputs.TrainingInput(data, content_type="text/csv")}, logs=False)

runs = list_runs(experiment_name=name, sagemaker_session=session)
described = client.describe_trial_component(TrialComponentName=component)
job = estimator.latest_training_job.name
(tracked,) = client.list_trial_components(
    SourceArn=f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{job}".lower()
)["TrialComponentSummaries"]
of_job = client.describe_trial_component(TrialComponentName=tracked["TrialComponentName"])
frame = ExperimentAnalytics(experiment_name=name, sagemaker_session=session).dataframe()
Experiment.load(name, sagemaker_session=session)._delete_all(action="--force")

print(
    "RESULT "
    + json.dumps(
        {
            "runs": sorted(one.run_name for one in runs),
            "described": described,
            "job": job,
            "of_job": of_job,
            "columns": list(frame.columns),
            "left": client.list_experiments(CreatedAfter=described["CreationTime"])["ExperimentSummaries"],
        },
        default=str,
    )
)
