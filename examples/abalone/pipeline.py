"""How old is this abalone? A SageMaker pipeline that preprocesses, trains, evaluates, decides, registers and predicts.

Plain SageMaker Python SDK: nothing in this file knows where it runs. On this machine:

    sagemaker-emulator run -- python examples/abalone/pipeline.py
    sagemaker-emulator run -- python examples/abalone/pipeline.py --mse-threshold 0.1    # the failing branch
    sagemaker-emulator run --host 172.17.0.1 -- python examples/abalone/pipeline.py --local-session   # local mode

With AWS credentials and a role (``--role``), ``python examples/abalone/pipeline.py`` runs the same on AWS.

    Preprocess -> Train -> Evaluate -> CheckError -- MSE low enough --> Model-CreateModel -> Predict
                                           |                       \\-> Package-RegisterModel
                                           \\-------- too high -------> TooInaccurate
"""

import argparse
import logging
import sys
import warnings
from pathlib import Path

import report
from sagemaker import Model, get_execution_role, image_uris
from sagemaker.inputs import TrainingInput
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.transformer import Transformer
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import LocalPipelineSession, PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import ProcessingStep, TrainingStep, TransformStep
from sagemaker.xgboost import XGBoost

HERE = Path(__file__).resolve().parent
CODE = HERE / "code"
DATA = HERE.parent / "data" / "abalone.csv"
NAME = "abalone"
GROUP = "abalone-age"
SKLEARN, XGBOOST = "1.2-1", "1.7-1"
ACCEPTABLE_MSE = 6.0

INPUT = ParameterString("InputData")
MSE_THRESHOLD = ParameterFloat("MseThreshold", default_value=ACCEPTABLE_MSE)
MAX_DEPTH = ParameterInteger("MaxDepth", default_value=5)
APPROVAL = ParameterString(
    "ModelApprovalStatus",
    default_value="PendingManualApproval",
    enum_values=["PendingManualApproval", "Approved", "Rejected"],
)


def preprocess(session, role, instance, data):
    processor = SKLearnProcessor(
        framework_version=SKLEARN, role=role, instance_type=instance, instance_count=1, sagemaker_session=session
    )
    outputs = ("train", "validation", "test", "features")
    arguments = processor.run(
        code=str(CODE / "preprocess.py"),
        arguments=["--seed", "2024"],
        inputs=[ProcessingInput(source=data, destination="/opt/ml/processing/input")],
        outputs=[ProcessingOutput(output_name=name, source=f"/opt/ml/processing/{name}") for name in outputs],
    )
    return ProcessingStep("Preprocess", step_args=arguments)


def output_of(step, name):
    """The S3 URI of a processing step's output, known only when the step has run."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def train(session, role, instance, prepared):
    estimator = XGBoost(
        entry_point="train.py",
        source_dir=str(CODE),
        framework_version=XGBOOST,
        role=role,
        instance_count=1,
        instance_type=instance,
        hyperparameters={"max_depth": MAX_DEPTH, "eta": 0.1, "rounds": 120},
        output_path=f"s3://{session.default_bucket()}/{NAME}/models",
        sagemaker_session=session,
    )
    channels = {
        name: TrainingInput(output_of(prepared, name), content_type="text/csv") for name in ("train", "validation")
    }
    return TrainingStep("Train", step_args=estimator.fit(channels))


def evaluate(session, role, instance, image, prepared, trained):
    """The step, and the property file the condition reads."""
    processor = ScriptProcessor(
        image_uri=image,
        command=["python3"],
        role=role,
        instance_type=instance,
        instance_count=1,
        sagemaker_session=session,
    )
    arguments = processor.run(
        code=str(CODE / "evaluate.py"),
        inputs=[
            ProcessingInput(trained.properties.ModelArtifacts.S3ModelArtifacts, "/opt/ml/processing/model"),
            ProcessingInput(output_of(prepared, "test"), "/opt/ml/processing/test"),
        ],
        outputs=[ProcessingOutput(output_name="evaluation", source="/opt/ml/processing/evaluation")],
    )
    evaluation = PropertyFile("Evaluation", output_name="evaluation", path="evaluation.json")
    return ProcessingStep("Evaluate", step_args=arguments, property_files=[evaluation]), evaluation


def register(model, evaluated):
    uri = Join("/", [output_of(evaluated, "evaluation"), "evaluation.json"])
    arguments = model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name=GROUP,
        approval_status=APPROVAL,
        model_metrics=ModelMetrics(model_statistics=MetricsSource("application/json", uri)),
    )
    return ModelStep("Package", step_args=arguments)


def predict(session, instance, created, prepared):
    transformer = Transformer(
        model_name=created.properties.ModelName,
        instance_count=1,
        instance_type=instance,
        accept="text/csv",
        strategy="MultiRecord",
        assemble_with="Line",
        output_path=f"s3://{session.default_bucket()}/{NAME}/predictions",
        sagemaker_session=session,
    )
    features = output_of(prepared, "features")
    return TransformStep(
        "Predict", step_args=transformer.transform(features, content_type="text/csv", split_type="Line")
    )


def build(session, role, local):
    """The whole pipeline. Local mode knows no model registry: there the register step is left out."""
    instance = "local" if local else "ml.m5.large"
    image = image_uris.retrieve("xgboost", session.boto_region_name, version=XGBOOST)
    prepared = preprocess(session, role, instance, INPUT)
    trained = train(session, role, instance, prepared)
    evaluated, evaluation = evaluate(session, role, instance, image, prepared, trained)
    mse = JsonGet(step_name=evaluated.name, property_file=evaluation, json_path="regression_metrics.mse.value")

    artifacts = trained.properties.ModelArtifacts.S3ModelArtifacts
    model = Model(image_uri=image, model_data=artifacts, role=role, sagemaker_session=session)
    created = ModelStep("Model", step_args=model.create(instance_type=instance))
    accepted = [created, predict(session, instance, created, prepared)]
    if not local:
        accepted.append(register(model, evaluated))
    message = Join("", ["The mean squared error ", mse, " is above ", MSE_THRESHOLD, "."])
    decide = ConditionStep(
        "CheckError",
        conditions=[ConditionLessThanOrEqualTo(mse, MSE_THRESHOLD)],
        if_steps=accepted,
        else_steps=[FailStep("TooInaccurate", error_message=message)],
    )
    return Pipeline(
        NAME,
        parameters=[INPUT, MSE_THRESHOLD, MAX_DEPTH, APPROVAL],
        steps=[prepared, trained, evaluated, decide],
        sagemaker_session=session,
    )


def arguments():
    parser = argparse.ArgumentParser(description="Run the Abalone pipeline.")
    parser.add_argument("--mse-threshold", type=float, help=f"fail when the error is above this ({ACCEPTABLE_MSE})")
    parser.add_argument("--max-depth", type=int, default=5, help="depth of the trees (5)")
    parser.add_argument("--approve", action="store_true", help="register the model as Approved")
    parser.add_argument("--role", help="execution role (the caller's)")
    parser.add_argument("--local-session", action="store_true", help="run the jobs by the SDK's local mode")
    return parser.parse_args()


def main():
    args = arguments()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    session = LocalPipelineSession() if args.local_session else PipelineSession()
    role = args.role or get_execution_role(session)
    pipeline = build(session, role, args.local_session)
    data = session.upload_data(str(DATA), key_prefix=f"{NAME}/data")

    pipeline.upsert(role_arn=role, description="Abalone: age from measurements")
    parameters = {"InputData": data, "MaxDepth": args.max_depth}
    if args.mse_threshold is not None:
        parameters["MseThreshold"] = args.mse_threshold
    if args.approve:
        parameters["ModelApprovalStatus"] = "Approved"
    execution = pipeline.start(parameters)
    if not args.local_session:
        report.follow(session.sagemaker_client, execution.arn)
    ended_as_asked = report.show(session, execution, asked_to_fail=args.mse_threshold is not None)
    return 0 if ended_as_asked else 1


if __name__ == "__main__":
    sys.exit(main())
