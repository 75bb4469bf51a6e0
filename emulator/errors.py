"""The one exception handlers and engines raise towards a client, and the AWS errors common to all services.

    ServiceError            code, message, HTTP status; aws/serialize/errors.py turns it into the protocol's form
    ├── validation(...)     400 ValidationException       wording of botocore-modelled services
    ├── not_found(...)      400 ResourceNotFound          SageMaker's code where boto's waiters do not ask for another
    ├── unknown_operation() 404 UnknownOperationException an operation the model does not have
    └── unsupported(...)    400 ValidationException       AWS does it, we refuse it; the message says what to do

A failed user job is data (``FailureReason``), never an exception. 501 is the only code from 500 up that we send on
purpose (an operation nobody implements, a header S3 itself has not): botocore retries 500, 502, 503 and 504, not 501.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ServiceError(Exception):
    """An error answer of an AWS operation.

    ``code`` is the error code a client compares (``ValidationException``), ``message`` its text, ``status`` the HTTP
    status, ``fields`` further modelled members of the error shape (``{"OriginalStatusCode": 500}``), and ``headers``
    further headers of the answer (``{"x-amz-delete-marker": "true"}``).
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})


def validation(message: str) -> ServiceError:
    """A 400 ``ValidationException``."""
    return ServiceError("ValidationException", message)


def not_found(message: str) -> ServiceError:
    """A 400 ``ResourceNotFound`` (SageMaker answers 400, not 404)."""
    return ServiceError("ResourceNotFound", message)


def unknown_operation(name: str) -> ServiceError:
    """A 404 ``UnknownOperationException``: the service's model has no such operation."""
    return ServiceError("UnknownOperationException", f"The operation {name} is not known.", 404)


def unsupported(what: str, advice: str = "") -> ServiceError:
    """A 400 refusal of something AWS does and the emulator does not; ``advice`` says what to do instead."""
    text = f"{what} is not supported by sagemaker-emulator."
    return ServiceError("ValidationException", f"{text} {advice}".rstrip())
