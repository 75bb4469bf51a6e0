"""What the Abalone pipeline tells its user: live progress, and at the end a table, the metrics and the predictions."""

import json
import time

from sagemaker.s3 import S3Downloader

RUNNING = {"Executing", "Stopping"}
COLUMNS = "{:<22} {:<10} {:>9} {:>9}  {}"


def follow(client, arn):
    """Print every change of a step until the execution ends."""
    began, known = time.monotonic(), {}
    print(f"{arn}\n")
    while True:
        executions = client.list_pipeline_executions(PipelineName=arn.split("/")[1])["PipelineExecutionSummaries"]
        (status,) = (each["PipelineExecutionStatus"] for each in executions if each["PipelineExecutionArn"] == arn)
        answer = client.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")
        for step in answer["PipelineExecutionSteps"]:
            if known.get(step["StepName"]) != step["StepStatus"]:
                known[step["StepName"]] = step["StepStatus"]
                print(f"{time.monotonic() - began:7.1f} s  {step['StepName']:<22} {step['StepStatus']}", flush=True)
        if status not in RUNNING:
            return
        time.sleep(1)


def show(session, execution, asked_to_fail):
    """Print the report; whether the execution ended as it should."""
    status = execution.describe()["PipelineExecutionStatus"]
    listed = execution.list_steps()  # local mode gives the API's answer, any other session the list in it
    listed = listed["PipelineExecutionSteps"] if isinstance(listed, dict) else listed
    steps = {step["StepName"]: step for step in listed}
    print(f"\n{COLUMNS.format('step', 'status', 'start', 'duration', 'result')}")
    print("-" * 100)
    started = sorted(
        (step for step in steps.values() if "StartTime" in step), key=lambda step: epoch(step["StartTime"])
    )
    first = epoch(started[0]["StartTime"])
    for step in started:
        start, end = epoch(step["StartTime"]), epoch(step.get("EndTime", step["StartTime"]))
        times = f"+{start - first:.1f} s", f"{end - start:.1f} s"
        print(COLUMNS.format(step["StepName"], step["StepStatus"], *times, result(session, step)))
    print(f"\npipeline: {status}")
    for part in (evaluation, predictions):
        part(session, steps)
    failed = [name for name, step in steps.items() if step["StepStatus"] == "Failed"]
    if asked_to_fail and failed == ["TooInaccurate"]:
        print("\nThe error was above the threshold, and the pipeline ended in its Fail step, as asked.")
        return True
    return status == "Succeeded"


def epoch(moment):
    """Seconds since 1970: local mode gives numbers, the API datetimes."""
    return moment if isinstance(moment, float) else moment.timestamp()


def job(session, step, kind):
    """The describe answer of a step's job."""
    name = step["Metadata"][f"{kind}Job"]["Arn"].split("/")[-1]
    describe = getattr(session.sagemaker_client, f"describe_{kind.lower()}_job")
    return describe(**{f"{kind}JobName": name})


def result(session, step):
    """A step's result in a few words."""
    metadata = step.get("Metadata", {})
    if step.get("FailureReason"):
        return step["FailureReason"]
    if "Condition" in metadata:
        return f"outcome {metadata['Condition']['Outcome']}"
    if "TrainingJob" in metadata:
        metrics = job(session, step, "Training").get("FinalMetricDataList", [])
        return ", ".join(f"{metric['MetricName']} {metric['Value']:.4f}" for metric in metrics)
    if "RegisterModel" in metadata:
        arn = metadata["RegisterModel"]["Arn"]
        package = session.sagemaker_client.describe_model_package(ModelPackageName=arn)
        return f"{'/'.join(arn.split('/')[-2:])}: {package['ModelApprovalStatus']}"
    return next((value["Arn"].split("/")[-1] for value in metadata.values() if "Arn" in value), "")


def output_of(session, step, name):
    """The S3 URI of a processing job's output; local mode keys the outputs by name, the API lists them."""
    outputs = job(session, step, "Processing")["ProcessingOutputConfig"]["Outputs"]
    outputs = list(outputs.values()) if isinstance(outputs, dict) else outputs
    return next(output["S3Output"]["S3Uri"] for output in outputs if output["OutputName"] == name)


def evaluation(session, steps):
    """The content of evaluation.json."""
    if steps.get("Evaluate", {}).get("StepStatus") != "Succeeded":
        return
    report = output_of(session, steps["Evaluate"], "evaluation")
    text = S3Downloader.read_file(f"{report}/evaluation.json", sagemaker_session=session)
    print("\nevaluation on the test data:")
    for name, values in json.loads(text)["regression_metrics"].items():
        print("  {:<6} {}".format(name, ", ".join(f"{key} {value:.4g}" for key, value in values.items())))


def predictions(session, steps):
    """The first predictions of the batch transform beside the true number of rings."""
    if steps.get("Predict", {}).get("StepStatus") != "Succeeded":
        return
    transform = job(session, steps["Predict"], "Transform")
    written = S3Downloader.list(transform["TransformOutput"]["S3OutputPath"], sagemaker_session=session)
    answers = [uri for uri in written if uri.endswith("/test.csv.out")]
    answer = max(answers, key=lambda uri: transform["TransformJobName"] in uri)  # local mode adds the job's name
    found = S3Downloader.read_file(answer, sagemaker_session=session).split()
    test = output_of(session, steps["Preprocess"], "test")
    lines = S3Downloader.read_file(f"{test}/test.csv", sagemaker_session=session).splitlines()
    print(f"\n{len(found)} predictions for {len(lines)} test lines; the first five:")
    for line, value in list(zip(lines, found, strict=True))[:5]:
        print(f"  predicted {float(value):5.1f} rings, counted {line.split(',')[0]:>2}")
