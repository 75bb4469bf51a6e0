"""What Create needs for jobs that are kept as records only (a part of resource_needs.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]
Members = dict[str, Any]

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
CONTAINER = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"}


def a_compilation_job(call: Call, name: str) -> Members:
    return {
        "InputConfig": {"S3Uri": "s3://bucket/model.tar.gz", "Framework": "XGBOOST"},
        "OutputConfig": {"S3OutputLocation": "s3://bucket/compiled", "TargetDevice": "ml_m5"},
    }


def an_optimization_job(call: Call, name: str) -> Members:
    return {
        "ModelSource": {"S3": {"S3Uri": "s3://bucket/model"}},
        "OptimizationConfigs": [{"ModelQuantizationConfig": {"Image": CONTAINER["Image"]}}],
    }


def a_recommendations_job(call: Call, name: str) -> Members:
    call("CreateModel", ModelName=name, PrimaryContainer=CONTAINER, ExecutionRoleArn=ROLE)
    return {"InputConfig": {"ModelName": name}}


def a_workload(call: Call, name: str) -> Members:
    call("CreateAIWorkloadConfig", AIWorkloadConfigName=name)
    return {"AIWorkloadConfigIdentifier": name}


def a_packaging_job(call: Call, name: str) -> Members:
    compilation = a_compilation_job(call, name)
    condition = {"MaxRuntimeInSeconds": 60}
    call("CreateCompilationJob", CompilationJobName=name, RoleArn=ROLE, StoppingCondition=condition, **compilation)
    return {"CompilationJobName": name}


def a_training_session(call: Call, name: str) -> Members:
    return {
        "ModelConfig": {"BaseModelArn": "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/m/1.0.0"}
    }


def a_job(call: Call, name: str) -> Members:
    return {"JobConfigSchemaVersion": "1.0.0"}


NEEDS: dict[str, Callable[[Call, str], Members]] = {
    "AIBenchmarkJob": a_workload,
    "AIRecommendationJob": a_workload,
    "CompilationJob": a_compilation_job,
    "EdgePackagingJob": a_packaging_job,
    "InferenceRecommendationsJob": a_recommendations_job,
    "Job": a_job,
    "OptimizationJob": an_optimization_job,
    "TrainingSession": a_training_session,
}
