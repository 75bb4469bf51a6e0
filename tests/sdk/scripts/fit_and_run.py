"""What a user writes with the SDK v2, with no endpoint anywhere. Prints one JSON line at the end.

Every address the process connects to is written down first, so the test can see that nothing left the machine.
"""

import json
import sys
import tempfile
from pathlib import Path

connected: set[str] = set()


def note(event: str, arguments: tuple) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        connected.add(arguments[1][0])


sys.addaudithook(note)

import sagemaker  # noqa: E402  the hook must be there before the SDK opens anything
from sagemaker.inputs import TrainingInput  # noqa: E402
from sagemaker.processing import ProcessingOutput, ScriptProcessor  # noqa: E402

session = sagemaker.Session()
bucket = session.default_bucket()
role = sagemaker.get_execution_role()
folder = Path(tempfile.mkdtemp())

(folder / "train.csv").write_text("".join(f"{3 * x + 1},{x},{x % 5}\n" for x in range(200)))
data = session.upload_data(str(folder / "train.csv"), bucket, "input")

estimator = sagemaker.estimator.Estimator(
    image_uri=sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"),
    role=role,
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"objective": "reg:squarederror", "num_round": 5},
    sagemaker_session=session,
)
estimator.fit({"train": TrainingInput(data, content_type="text/csv")}, logs=True)

script = folder / "work.py"
script.write_text("print('hello from the job'); open('/opt/ml/processing/output/out.txt', 'w').write('42')")
processor = ScriptProcessor(
    role=role,
    image_uri=sagemaker.image_uris.retrieve("sklearn", session.boto_region_name, "1.2-1"),
    command=["python3"],
    instance_count=1,
    instance_type="ml.m5.large",
    sagemaker_session=session,
)
processor.run(
    code=str(script), outputs=[ProcessingOutput(output_name="out", source="/opt/ml/processing/output")], logs=True
)
output = processor.latest_job.outputs[0].destination
answer = sagemaker.s3.S3Downloader.read_file(f"{output}/out.txt", session)

print(
    "RESULT "
    + json.dumps(
        {
            "bucket": bucket,
            "role": role,
            "model_data": estimator.model_data,
            "answer": answer,
            "connected": sorted(connected),
        }
    )
)
