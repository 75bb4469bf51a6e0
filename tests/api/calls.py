"""What many API tests do: make a name nobody has, and see a call refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def named(what: str) -> str:
    """A name of its own for a test's resource: the tests share one server."""
    return f"{what}-{uuid.uuid4().hex[:12]}"


def error(call: Callable[..., Any], *args: Any, **params: Any) -> tuple[str, str]:
    """Code and message of a call that must be refused as the caller's fault."""
    with pytest.raises(ClientError) as caught:
        call(*args, **params)
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] < 500
    return answer["Error"]["Code"], answer["Error"]["Message"]


def feature_group(sagemaker: Any, name: str) -> None:
    """Make a feature group with an online store: a text ``id`` and the time ``at``."""
    sagemaker.create_feature_group(
        FeatureGroupName=name,
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="at",
        FeatureDefinitions=[
            {"FeatureName": "id", "FeatureType": "String"},
            {"FeatureName": "at", "FeatureType": "Fractional"},
        ],
        OnlineStoreConfig={"EnableOnlineStore": True},
    )
