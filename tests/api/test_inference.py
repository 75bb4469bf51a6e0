"""What is put on endpoints, while there are none: refused in AWS's words, and empty lists."""

from __future__ import annotations

from typing import Any

from tests.api.calls import error, named

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
NO_ENDPOINT = 'Could not find endpoint "arn:aws:sagemaker:us-east-1:123456789012:endpoint/nowhere".'
VARIANT = {
    "ModelName": "model",
    "VariantName": "one",
    "InfrastructureConfig": {
        "InfrastructureType": "RealTimeInference",
        "RealTimeInferenceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    },
}
SHADOW = {
    "SourceModelVariantName": "one",
    "ShadowModelVariants": [{"ShadowModelVariantName": "two", "SamplingPercentage": 10}],
}


def test_components_and_shadow_tests_need_an_endpoint(sagemaker: Any) -> None:
    component = {"InferenceComponentName": "component", "EndpointName": "nowhere", "VariantName": "one"}
    assert error(sagemaker.create_inference_component, **component) == ("ValidationException", NO_ENDPOINT)
    experiment = {
        "Name": "experiment",
        "Type": "ShadowMode",
        "RoleArn": ROLE,
        "EndpointName": "nowhere",
        "ModelVariants": [VARIANT],
        "ShadowModeConfig": SHADOW,
    }
    assert error(sagemaker.create_inference_experiment, **experiment) == ("ValidationException", NO_ENDPOINT)
    assert sagemaker.list_inference_components(EndpointNameEquals="nowhere")["InferenceComponents"] == []
    assert sagemaker.list_inference_experiments()["InferenceExperiments"] == []


def test_what_is_done_to_an_endpoint_that_is_not_there(sagemaker: Any) -> None:
    which = {"EndpointName": "nowhere"}
    weights = [{"VariantName": "one", "DesiredWeight": 1.0}]
    for call, params in (
        (sagemaker.put_endpoint_policy, {"ResourcePolicy": "{}"}),
        (sagemaker.get_endpoint_policy, {}),
        (sagemaker.delete_endpoint_policy, {}),
        (sagemaker.update_endpoint_weights_and_capacities, {"DesiredWeightsAndCapacities": weights}),
    ):
        assert error(call, **which, **params) == ("ValidationException", NO_ENDPOINT)
    code, message = error(
        sagemaker.update_inference_component_runtime_config,
        InferenceComponentName="nothing",
        DesiredRuntimeConfig={"CopyCount": 1},
    )
    assert (code, "Could not find inference component" in message) == ("ValidationException", True)


def test_a_router_says_that_nothing_answers_at_its_destinations(sagemaker: Any) -> None:
    name = named("router")
    place = {"ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/nowhere"}
    target = {"Name": "first", "Destinations": [place]}
    sagemaker.create_inference_router(InferenceRouterName=name, RoutingTargets=[target])
    (described,) = sagemaker.describe_inference_router(InferenceRouterName=name)["RoutingTargets"]
    assert described["Destinations"] == [place | {"RoutingStatus": "Unroutable"}]
    doubled = {"InferenceRouterName": "router", "RoutingTargets": [target, target]}
    assert error(sagemaker.create_inference_router, **doubled)[0] == "ValidationException"
    assert sagemaker.list_model_metadata()["ModelMetadataSummaries"] == []
