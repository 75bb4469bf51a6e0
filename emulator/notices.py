"""Messages to queues, topics, event buses and functions of this emulator, which live in moto (``passthrough.py``).

They are sent by one thread, in order, after the call that caused them was answered: a missing queue is a line in the
log and no failed upload, as on AWS. Only functions, which take as long as they run, get a thread each, ten at most.
Nothing is kept over a restart, since moto's queues are not either.
"""

from __future__ import annotations

import io
import logging
import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

import orjson

from emulator import arns
from emulator.arns import Scope

log = logging.getLogger(__name__)

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
MOST = 10_000
FAILED = 400
FUNCTIONS = 10


class Notices:
    """Sends JSON documents to ARNs. The thread begins with the first one."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application
        self._queue: queue.Queue[tuple[Scope, str, dict[str, Any]]] = queue.Queue(MOST)
        self._thread: threading.Thread | None = None
        self._beginning = threading.Lock()
        self._running = threading.BoundedSemaphore(FUNCTIONS)

    def send(self, scope: Scope, arn: str, document: dict[str, Any]) -> None:
        """Send a document to what an ARN names (of EventBridge: the entry of PutEvents), soon."""
        with self._beginning:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="notices", daemon=True)
                self._thread.start()
        try:
            self._queue.put_nowait((scope, arn, document))
        except queue.Full:
            log.warning("%s is not told: %d messages wait already", arn, MOST)

    def knows(self, scope: Scope, arn: str) -> bool:
        """Whether there is such a queue, topic or function; False too for an ARN of anything else."""
        try:
            status, _ = self._ask(question(scope, arn))
        except ValueError:
            return False
        return status < FAILED

    def clear(self) -> None:
        """Forget what waits."""
        while not self._queue.empty():
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return

    def _work(self) -> None:
        while True:
            message = self._queue.get()
            if ":lambda:" not in message[1]:
                self._tell(*message)
                continue
            self._running.acquire()
            threading.Thread(target=self._run, args=message, name="function", daemon=True).start()

    def _run(self, scope: Scope, arn: str, document: dict[str, Any]) -> None:
        try:
            self._tell(scope, arn, document)
        finally:
            self._running.release()

    def _tell(self, scope: Scope, arn: str, document: dict[str, Any]) -> None:
        try:
            status, body = self._deliver(scope, arn, document)
        except Exception:  # the thread must outlive whatever one message does
            log.exception("%s could not be told", arn)
            return
        if status >= FAILED:
            log.warning("%s could not be told: %d %s", arn, status, body[:300].decode("utf-8", "replace"))

    def _deliver(self, scope: Scope, arn: str, document: dict[str, Any]) -> tuple[int, bytes]:
        return self._ask(request(scope, arn, document))

    def _ask(self, environ: dict[str, Any]) -> tuple[int, bytes]:
        told: list[int] = []

        def start(status: str, headers: Any, exc_info: Any = None) -> None:
            told.append(int(status[:3]))

        body = b"".join(self._application(environ, start))
        return told[0], body


def request(scope: Scope, arn: str, document: dict[str, Any]) -> dict[str, Any]:
    """The WSGI request that delivers a document. ``ValueError`` for an ARN of a service that takes none."""
    service, region, account, name = (arn.split(":", 5) + [""] * 6)[2:6]
    region, account = region or scope.region, account or scope.account
    text = orjson.dumps(document).decode()
    if service == "sqs":
        url = f"http://sqs.{region}.amazonaws.com/{account}/{name}"
        body = orjson.dumps({"QueueUrl": url, "MessageBody": text})
        return post(service, region, account, body, "AmazonSQS.SendMessage")
    if service == "events":
        return post(service, region, account, orjson.dumps({"Entries": [document]}), "AWSEvents.PutEvents")
    if service == "sns":
        form = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": arn, "Message": text}
        form["Subject"] = "Amazon S3 Notification"
        return post(service, region, account, urlencode(form).encode())
    if service == "lambda":
        environ = post(service, region, account, text.encode(), path=f"/2015-03-31/functions/{arn}/invocations")
        return environ | {"HTTP_X_AMZ_INVOCATION_TYPE": "Event"}
    raise ValueError(f"{arn} is neither queue, topic, event bus nor function")


def question(scope: Scope, arn: str) -> dict[str, Any]:
    """The WSGI request that asks whether there is what an ARN names. ``ValueError`` for an ARN of another service."""
    service, region, account, name = (arn.split(":", 5) + [""] * 6)[2:6]
    region, account = region or scope.region, account or scope.account
    if service == "sqs":
        body = orjson.dumps({"QueueName": name})
        return post(service, region, account, body, "AmazonSQS.GetQueueUrl")
    if service == "sns":
        form = {"Action": "GetTopicAttributes", "Version": "2010-03-31", "TopicArn": arn}
        return post(service, region, account, urlencode(form).encode())
    if service == "lambda":
        environ = post(service, region, account, b"", path=f"/2015-03-31/functions/{arn}")
        return environ | {"REQUEST_METHOD": "GET"}
    raise ValueError(f"{arn} is neither queue, topic nor function")


def post(service: str, region: str, account: str, body: bytes, target: str = "", path: str = "/") -> dict[str, Any]:
    """A POST as moto's server gets it, by the account that has the resource: its id is an access key id of its own."""
    form = "application/x-www-form-urlencoded"
    scope = f"{account}/20200101/{region}/{service}/aws4_request"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": f"{service}.{region}.amazonaws.com",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": f"{service}.{region}.amazonaws.com",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        # moto takes a JSON document with a path for no call of Lambda's.
        "CONTENT_TYPE": "application/x-amz-json-1.0" if target else form if path == "/" else "",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_AMZN_REQUESTID": arns.request_id(),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    return environ | ({"HTTP_X_AMZ_TARGET": target} if target else {})
