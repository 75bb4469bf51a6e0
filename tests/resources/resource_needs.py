"""What Create of a resource needs beyond the model's required members, with the resources it refers to made first.

``NEEDS[noun](call, name)`` gives the members; ``NO_UPDATE[noun]`` are members of Update that exclude others (or, as a
map, have these values).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import resource_needs_studio
import resource_needs_work

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
CONTAINER = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"}

Call = Callable[..., Any]
Members = dict[str, Any]


def nothing(call: Call, name: str) -> Members:
    return {}


def a_model(call: Call, name: str) -> Members:
    return {"PrimaryContainer": CONTAINER, "ExecutionRoleArn": ROLE}


def an_endpoint_config(call: Call, name: str) -> Members:
    call("CreateModel", ModelName=name, PrimaryContainer=CONTAINER)
    variant = {"VariantName": "one", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    return {"ProductionVariants": [variant]}


def a_trial(call: Call, name: str) -> Members:
    call("CreateExperiment", ExperimentName=name)
    return {"ExperimentName": name}


def a_source(call: Call, name: str) -> Members:
    return {"Source": {"SourceUri": f"s3://bucket/{name}"}}


def a_feature_group(call: Call, name: str) -> Members:
    features = [{"FeatureName": "id", "FeatureType": "String"}, {"FeatureName": "at", "FeatureType": "Fractional"}]
    names = {"RecordIdentifierFeatureName": "id", "EventTimeFeatureName": "at"}
    return {"FeatureDefinitions": features, **names, "OnlineStoreConfig": {"EnableOnlineStore": True}}


NEEDS: dict[str, Callable[[Call, str], Members]] = {
    "Artifact": a_source,
    "FeatureGroup": a_feature_group,
    "EndpointConfig": an_endpoint_config,
    "Model": a_model,
    "Trial": a_trial,
    **resource_needs_studio.NEEDS,
    **resource_needs_work.NEEDS,
}
NO_UPDATE: dict[str, Collection[str]] = {
    "FeatureGroup": ["OnlineStoreConfig", "ThroughputConfig"],
    **resource_needs_studio.NO_UPDATE,
    **resource_needs_work.NO_UPDATE,
}
# Between the parts of a name, where a name may not have a hyphen.
GLUE = {"PartnerApp": "0"}
# The members that mean one resource, where not all that could do so may be given.
IDENTITY: dict[str, Collection[str]] = {
    "App": ("DomainId", "UserProfileName", "AppType", "AppName"),
}
