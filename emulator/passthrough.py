"""Services we do not own: moto's server application, in this process, imported on the first request that needs it.

moto's own failures are HTML pages with status 500, which botocore retries and then cannot parse. Here each becomes an
error in the service's protocol, with status 400 so that no client retries what will fail again, that says what is
missing: an operation or service moto lacks, or a Python package one of its services wants.

What a newcomer would get wrong: moto takes the account from the environment (``MOTO_ACCOUNT_ID``), else from a header,
else by access key, of which it knows only those it made itself; here the header always says it. moto's state is
process-wide and its lock guards making applications, not calls; calls run in parallel as under moto's own server.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import UTC
from typing import Any

from emulator import arns
from emulator.aws import detect, http, serialize
from emulator.aws.keys import Keys
from emulator.credentials import KeyPair
from emulator.errors import ServiceError

log = logging.getLogger(__name__)

Start = Callable[..., Any]
SERVER_ERROR = 500
PORT_VARIABLE = "MOTO_PORT"  # where the containers of Lambda functions are told to find AWS
ACCOUNT_VARIABLE, ACCOUNT_HEADER = "MOTO_ACCOUNT_ID", "HTTP_X_MOTO_ACCOUNT_ID"


class Passthrough:
    """WSGI application for every AWS service that is not ours."""

    def __init__(self, keys: Keys, port: int) -> None:
        self._keys = keys
        self._port = port
        self._moto: Callable[[dict[str, Any], Start], Iterable[bytes]] | None = None
        self._importing = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        answered = _Answer()
        environ[ACCOUNT_HEADER] = self._keys.account(_signer(environ))
        try:
            body = b"".join(self._application()(environ, answered))
        except ImportError as error:
            return _refuse(
                environ, start_response, f"needs the Python package {error.name!r}: pip install {error.name}"
            )
        except NotImplementedError as error:
            return _refuse(environ, start_response, f"is not implemented by moto: {error}")
        except Exception as error:  # the edge to somebody else's code: whatever it raises is an answer
            log.exception("moto failed")
            return _refuse(environ, start_response, f"failed in moto: {type(error).__name__}: {error}")
        if answered.is_page():
            return _refuse(environ, start_response, "is not known to moto")
        start_response(answered.status, answered.headers)
        return [body]

    def reset(self) -> None:
        """Forget everything moto holds; nothing to do where moto was never needed."""
        if self._moto is None:
            return
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data

        BackendDict.reset()
        reset_model_data()

    def _application(self) -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
        with self._importing:
            if self._moto is None:
                os.environ.pop(ACCOUNT_VARIABLE, None)
                os.environ[PORT_VARIABLE] = str(self._port)
                from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

                def make(service: Any) -> Any:
                    if service is None:
                        raise NotImplementedError("it has no such service")
                    return create_backend_app(service)

                self._moto = DomainDispatcherApplication(make)
            return self._moto


def issued(key: str) -> KeyPair | None:
    """The pair of an access key id that moto has handed out (AssumeRole, CreateAccessKey), None for others."""
    # Modules that another thread is importing have no such names yet, and have handed out nothing.
    roles = getattr(sys.modules.get("moto.sts.models"), "sts_backends", {})
    users = getattr(sys.modules.get("moto.iam.models"), "iam_backends", {})
    for account, backend in list(roles.items()):
        found_in = [one.get_assumed_role_from_access_key(key) for one in list(backend.values())]  # by partition
        role = next(filter(None, found_in), None)
        if role:
            expires = role.expiration.replace(tzinfo=UTC).timestamp()  # moto keeps naive UTC
            return KeyPair(key, role.secret_access_key, account, role.session_token, expires)
    for account, backend in list(users.items()):
        for one in list(backend.values()):
            user = one.get_user_from_access_key_id(key)
            found = user.get_access_key_by_id(key) if user else None
            if found and found.status == "Active":
                return KeyPair(key, found.secret_access_key, account)
    return None


class _Answer:
    """What moto began its answer with."""

    def __init__(self) -> None:
        self.status = "500"
        self.headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status, self.headers = status, headers

    def is_page(self) -> bool:
        """An HTML page, werkzeug's for what it cannot route or a bug, where AWS answers JSON or XML."""
        types = [value for name, value in self.headers if name.lower() == "content-type"]
        html = any(value.startswith("text/html") for value in types)
        return int(self.status[:3]) >= SERVER_ERROR or (html and int(self.status[:3]) in {404, 405})


def _refuse(environ: dict[str, Any], start_response: Start, why: str) -> list[bytes]:
    """An error of the service that was meant, in its protocol."""
    target = _target(environ)
    name = ".".join(part for part in (target.service, target.operation) if part) or "this request"
    error = ServiceError("NotImplementedException", f"{name} {why} (sagemaker-emulator answers it through moto).")
    answer = serialize.error(target.service, error, arns.request_id())
    body = answer.body if isinstance(answer.body, bytes) else b""
    start_response(f"{answer.status} Bad Request", [*answer.headers, ("Content-Length", str(len(body)))])
    return [body]


def _signer(environ: dict[str, Any]) -> str:
    """The access key id of a request, or ``""``."""
    try:
        return detect.signed(http.request(environ, io.BytesIO())).key
    except ServiceError:
        return ""


def _target(environ: dict[str, Any]) -> detect.Target:
    """The service of a request whose body is gone, so perhaps without its operation."""
    try:
        return detect.detect(http.request(environ, io.BytesIO()))
    except ServiceError:
        return detect.Target("s3")
