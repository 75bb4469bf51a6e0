"""The clients most API tests speak with, and a bucket for those that need no more than one."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.api.s3_calls import new_bucket, put_policy
from tests.conftest import Client

OTHER = "210987654321"


@pytest.fixture
def sagemaker(client: Client) -> Any:
    return client("sagemaker")


@pytest.fixture(scope="session")
def s3(client: Client) -> Any:
    return client("s3")


@pytest.fixture(scope="session")
def other(client: Client) -> Any:
    """A client of S3 of the account :data:`OTHER`."""
    return client("s3", aws_access_key_id=OTHER)


@pytest.fixture(scope="session")
def nobody(client: Client) -> Any:
    """A client of S3 that signs nothing."""
    return client("s3", config=Config(signature_version=UNSIGNED))


@pytest.fixture
def user(client: Client) -> tuple[str, Any]:
    """The ARN of a user whom IAM gave a key, and its S3 client."""
    iam = client("iam")
    name = f"user-{os.urandom(4).hex()}"
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    own = client("s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    return arn, own


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket with nothing in it."""
    return new_bucket(s3)


@pytest.fixture
def locked(s3: Any) -> str:
    """A new bucket with object lock."""
    return new_bucket(s3, ObjectLockEnabledForBucket=True)


@pytest.fixture
def open_bucket(s3: Any) -> str:
    """A bucket with the object ``k`` that blocks neither public access nor ACLs."""
    name = new_bucket(s3, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"x", Tagging="team=red")
    return name


@pytest.fixture
def say(s3: Any, bucket: str) -> Callable[..., None]:
    """Give the test's bucket a policy of one statement (see :func:`put_policy`)."""
    return partial(put_policy, s3, bucket)
