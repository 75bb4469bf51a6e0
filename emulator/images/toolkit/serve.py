"""The ``serve`` command: a threaded HTTP server with ``/ping``, ``/invocations`` and ``/execution-parameters``.

The port opens only when the model is loaded, so the first ``/ping`` that is answered means ready. SIGTERM lets running
requests finish. ``SAGEMAKER_BIND_TO_PORT`` moves it from 8080.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socketserver
import sys
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType

from .inference import Answer, Inference
from .layout import layout


class Server(ThreadingHTTPServer):
    """One thread a connection; at most as many answers at once as AWS's containers have workers (one a CPU)."""

    daemon_threads = True  # an idle keep-alive connection must not hold up the end; finish() waits for real work
    request_queue_size = 128

    def __init__(self, port: int, inference: Inference) -> None:
        super().__init__(("0.0.0.0", port), Handler)
        self.inference = inference
        self.workers = int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or os.cpu_count() or 1)
        self.turns = threading.BoundedSemaphore(self.workers)
        self.running = 0
        self.changed = threading.Condition()

    def server_bind(self) -> None:
        """As TCPServer does it: HTTPServer would ask DNS for our name, and wait for it where there is no network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Around one answer, from its first byte read to its last byte sent."""
        self._count(1)
        try:
            with self.turns:
                yield
        finally:
            self._count(-1)

    def finish(self, timeout: float) -> None:
        """Wait until every answer that was begun is sent."""
        with self.changed:
            self.changed.wait_for(lambda: self.running == 0, timeout)

    def _count(self, step: int) -> None:
        with self.changed:
            self.running += step
            self.changed.notify_all()


class Handler(BaseHTTPRequestHandler):
    """Keep-alive connections; a connection that says nothing for a minute is dropped."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = 1 << 16  # headers and body in one packet: two would cost 40 ms of Nagle and delayed ACK
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Health and limits."""
        path = self.path.partition("?")[0]
        if path == "/ping":
            self._send(Answer(b"\n", "application/json"))
        elif path == "/execution-parameters":
            self._send(Answer(json.dumps(self._limits()).encode(), "application/json"))
        else:
            self._send(Answer(b"", status=404))

    def do_POST(self) -> None:
        """Inference; an exception in the user's functions is a 500 with its text, and the traceback in the log."""
        body = self._body()
        if self.path.partition("?")[0] != "/invocations":
            return self._send(Answer(b"", status=404))
        with self.server.turn():
            return self._send(self._answer(body))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Everything but health checks."""
        if self.path != "/ping":
            sys.stdout.write(f'{self.client_address[0]} - "{self.requestline}" {int(code)}\n')

    def _answer(self, body: bytes) -> Answer:
        headers = self.headers
        try:
            return self.server.inference.answer(body, headers.get("Content-Type", ""), headers.get("Accept", ""))
        except Exception as error:  # the user's code may raise anything; the server must go on
            traceback.print_exc()
            return Answer(f"{type(error).__name__}: {error}".encode(), status=500)

    def _limits(self) -> dict[str, object]:
        payload = int(os.environ.get("SAGEMAKER_MAX_PAYLOAD_IN_MB") or 6)
        return {
            "MaxConcurrentTransforms": self.server.workers,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": payload,
        }

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while True:
            size = int(self.rfile.readline().partition(b";")[0], 16)
            parts.append(self.rfile.read(size))
            self.rfile.readline()
            if size == 0:
                return b"".join(parts)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.status != 204:
            self.wfile.write(answer.body)
        self.wfile.flush()


def main() -> int:
    """Load the model, serve until SIGTERM; returns the exit code."""
    server = Server(int(os.environ.get("SAGEMAKER_BIND_TO_PORT") or 8080), Inference(layout()))

    def stop(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown).start()  # shutdown() waits for serve_forever, which this frame blocks

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"Serving on port {server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    server.finish(timeout=60)
    return 0
