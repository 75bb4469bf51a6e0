"""What every executor promises (emulator/executors/base.py), on all of them, with real containers and processes."""

from __future__ import annotations

import os
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from emulator.executors.base import Container, ContainerSpec, Executor, ExecutorError, Exit, Image, Mount

Run = Callable[..., tuple[Exit, list[str]]]


@pytest.fixture
def spec(image: Image) -> Callable[..., ContainerSpec]:
    """A spec for a shell command (or a whole ``entrypoint``)."""

    def make(command: str = "", **members: object) -> ContainerSpec:
        known: dict[str, object] = {"name": "test", "image": image}
        if command:
            known |= {"entrypoint": ("sh", "-c"), "arguments": (command,)}
        return ContainerSpec(**(known | members))  # type: ignore[arg-type]

    return make


@pytest.fixture
def run(executor: Executor, spec: Callable[..., ContainerSpec]) -> Run:
    """Run to the end: the exit and the lines; the container is removed."""

    def whole(command: str = "", **members: object) -> tuple[Exit, list[str]]:
        container = executor.start(spec(command, **members))
        lines = [line.decode() for line in executor.logs(container)]
        exited = executor.wait(container, 60)
        executor.remove(container)
        assert exited
        return exited, lines

    return whole


def python(code: str) -> dict[str, object]:
    return {"entrypoint": ("python3", "-u", "-c"), "arguments": (code,)}


@pytest.mark.parametrize("code", [0, 3, 255])
def test_exit_code(run: Run, code: int) -> None:
    assert run(f"exit {code}")[0] == Exit(code)


def test_a_job_killed_by_a_signal(run: Run) -> None:
    assert run(**python("import os; os.kill(os.getpid(), 15)"))[0].code == 128 + 15


def test_the_images_command_when_nothing_is_asked(executor: Executor, image: Image, run: Run) -> None:
    if executor.name == "docker":
        pytest.skip("the image's command is Docker's to know")
    assert run()[1] == ["default"]


def test_arguments_alone_keep_the_images_entrypoint(run: Run) -> None:
    assert run(arguments=("python3", "-c", "print(1)"))[1] == ["1"]


def test_streams_and_the_rest_of_a_line(run: Run) -> None:
    assert sorted(run("echo out; echo err >&2; printf 'no newline'")[1]) == ["err", "no newline", "out"]


def test_no_line_is_lost_at_the_end(run: Run) -> None:
    lines = run(**python("for n in range(50000): print(n)"))[1]
    assert lines == [str(n) for n in range(50000)]


def test_a_line_without_end_does_not_fill_memory(run: Run) -> None:
    lines = run(**python("print('x' * 1_000_000)"))[1]
    assert sum(map(len, lines)) == 1_000_000


def test_lines_come_while_it_runs_and_stop_reaches_its_handler(
    executor: Executor, spec: Callable[..., ContainerSpec]
) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(15, lambda *_: sys.exit(print('bye') or 7))\n"
        "print('up'); time.sleep(60)"
    )
    container = executor.start(spec(**python(code)))
    lines = executor.logs(container)
    assert next(lines) == b"up"
    assert executor.wait(container, 0.05) is None
    executor.stop(container, grace=30)
    assert list(lines) == [b"bye"]
    assert executor.wait(container) == Exit(7)
    assert [*executor.logs(container)] == [b"up", b"bye"]


def test_stop_ends_what_ignores_it_with_all_its_children(
    executor: Executor, spec: Callable[..., ContainerSpec]
) -> None:
    container = executor.start(spec("trap '' TERM; sleep 300 & echo up; sleep 301"))
    lines = executor.logs(container)
    assert next(lines) == b"up"
    executor.stop(container, grace=0.5)
    assert list(lines) == []
    assert executor.wait(container) == Exit(137)
    executor.stop(container, grace=0.5)


def test_a_python_without_handler_stops_at_once(executor: Executor, spec: Callable[..., ContainerSpec]) -> None:
    container = executor.start(spec(**python("import time; print(1); time.sleep(300)")))
    next(executor.logs(container))
    executor.stop(container, grace=120)
    assert executor.wait(container) == Exit(143)


def test_files_go_in_and_come_back_ours(run: Run, tmp_path: Path) -> None:
    given, taken = tmp_path / "in", tmp_path / "out"
    (given / "deep/er").mkdir(parents=True)
    (given / "deep/er/ü b.txt").write_text("content")
    (given / "link").symlink_to("deep/er/ü b.txt")
    (given / "empty").mkdir()
    taken.mkdir()
    (taken / "old").write_text("old")
    (taken / "gone").write_text("gone")
    command = (
        "cd /opt/ml; cp input/deep/er/* output/; cat input/link > output/two; ls input > output/names; rm output/gone;"
        "mkdir -p output/d/e; echo x > output/d/e/f; ln -s f output/d/e/s; ln output/two output/hard;"
        "chmod 600 output/two"
    )
    exited, lines = run(command, mounts=(Mount(given, "/opt/ml/input", True), Mount(taken, "/opt/ml/output")))
    assert (exited.code, lines) == (0, [])
    assert {p.relative_to(taken).as_posix() for p in taken.rglob("*")} == {
        "old", "ü b.txt", "two", "names", "d", "d/e", "d/e/f", "d/e/s", "hard",
    }  # fmt: skip
    assert (taken / "two").read_text() == (taken / "hard").read_text() == "content"
    assert (taken / "names").read_text().split() == ["deep", "empty", "link"]
    assert os.readlink(taken / "d/e/s") == "f"
    assert {p.lstat().st_uid for p in [taken, *taken.rglob("*")]} == {os.geteuid()}


def test_a_big_file_both_ways(run: Run, tmp_path: Path) -> None:
    given, taken = tmp_path / "in", tmp_path / "out"
    given.mkdir()
    taken.mkdir()
    with (given / "big").open("wb") as file:
        for n in range(64):
            file.write(n.to_bytes(1) * 1024 * 1024 + b"x")
    run("cp /opt/ml/in/big /opt/ml/out/", mounts=(Mount(given, "/opt/ml/in", True), Mount(taken, "/opt/ml/out")))
    assert (taken / "big").read_bytes() == (given / "big").read_bytes()


def test_a_mount_in_a_mount_and_outside_opt(run: Run, tmp_path: Path) -> None:
    for name in ("outer", "inner", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "name").write_text(name)
    mounts = [Mount(tmp_path / "inner", "/opt/ml/data/inner"), Mount(tmp_path / "other", "/some/where/else")]
    mounts += [Mount(tmp_path / "outer", "/opt/ml/data")]
    lines = run("cat /opt/ml/data/name /opt/ml/data/inner/name /some/where/else/name", mounts=tuple(mounts))[1]
    assert lines == ["outerinnerother"]


def test_a_read_only_mount(executor: Executor, run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    mount = Mount(tmp_path / "in", "/opt/ml/in", read_only=True)
    exited, _ = run("touch /opt/ml/in/x 2>/dev/null", mounts=(mount,))
    assert not (tmp_path / "in/x").exists()
    if getattr(executor, "transport", None) is None or executor.transport("").name == "bind":  # type: ignore[attr-defined]
        assert exited.code != 0


def test_a_host_name_resolves_isolated_or_not(run: Run) -> None:
    for network in (None, "none"):
        lines = run(
            **python("import socket; print(socket.gethostname(), socket.gethostbyname('algo-7'))"),
            hostname="algo-7",
            network=network,
        )[1]
        assert lines
        assert lines[0].split()[0] == "algo-7"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"pong")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def our_port(executor: Executor) -> Iterator[int]:
    """A server of ours that listens where an executor wants it."""
    with ExitStack() as stack:
        port = 0
        for address in executor.listen_addresses() or ["127.0.0.1"]:
            server = stack.enter_context(ThreadingHTTPServer((address, port), Answer))
            port = server.server_address[1]
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        yield port


def test_a_job_reaches_us_unless_isolated(executor: Executor, run: Run, our_port: int) -> None:
    code = f"import urllib.request as r; print(r.urlopen({executor.endpoint(our_port)!r}, timeout=5).read().decode())"
    assert run(**python(code))[1] == ["pong"]
    exited, lines = run(**python(code), network="none")
    assert exited.code == 1
    assert "pong" not in lines


SERVE = """
import os
from http.server import *
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(os.environ["NAME"].encode())
print("up", flush=True)
ThreadingHTTPServer(("", int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))), Handler).serve_forever()
"""


def fetch(executor: Executor, container: Container) -> str:
    """GET / of a container that serves, as soon as it does."""
    host, port = executor.address(container)
    while executor.wait(container, 0.1) is None:
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/", timeout=5) as answer:
                return str(answer.read().decode())
        except (ConnectionError, urllib.error.URLError):
            continue
    raise AssertionError("the container ended")


@pytest.mark.parametrize("network", [None, "none"])
def test_two_servers_of_the_same_port(
    executor: Executor, spec: Callable[..., ContainerSpec], network: str | None
) -> None:
    started = [
        executor.start(spec(**python(SERVE), port=8080, environment={"NAME": name}, network=network)) for name in "ab"
    ]
    assert [fetch(executor, container) for container in started] == ["a", "b"]
    for container in started:
        executor.stop(container, 5)
        executor.remove(container)
        with pytest.raises(ExecutorError):
            executor.address(container)


def test_hosts_of_a_job_find_each_other(executor: Executor, spec: Callable[..., ContainerSpec]) -> None:
    first = (
        "import socket\n"
        "s = socket.create_server((socket.gethostbyname('algo-1'), 7777))\n"
        "print(s.accept()[0].recv(9).decode())"
    )
    second = (
        "import socket, time\n"
        "for _ in range(100):\n"
        "    try: c = socket.create_connection(('algo-1', 7777), 5); break\n"
        "    except OSError: time.sleep(0.1)\n"
        "c.sendall(socket.gethostname().encode())"
    )
    network = executor.create_network("job")
    containers = [
        executor.start(spec(**python(code), hostname=f"algo-{n}", network=network))
        for n, code in enumerate((first, second), 1)
    ]
    assert [executor.wait(container, 60) for container in containers] == [Exit(0), Exit(0)]
    assert [*executor.logs(containers[0])] == [b"algo-2"]
    for container in containers:
        executor.remove(container)
    executor.remove_network(network)
    executor.remove_network(network)


def test_a_host_sees_one_that_joins_later(executor: Executor, spec: Callable[..., ContainerSpec]) -> None:
    code = (
        "import socket, time\n"
        "print('up')\n"
        "for _ in range(100):\n"
        "    try: print(len(socket.gethostbyname('algo-2')) > 0); break\n"
        "    except OSError: time.sleep(0.1)"
    )
    network = executor.create_network("job")
    early = executor.start(spec(**python(code), network=network))
    lines = executor.logs(early)
    assert next(lines) == b"up"
    late = executor.start(spec("sleep 20", hostname="algo-2", network=network))
    assert next(lines) == b"True"
    for container in (early, late):
        executor.remove(container)
    executor.remove_network(network)


def test_the_environment_is_what_is_given(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "1")
    lines = run("env", environment={"SM_A": "1 2", "EMPTY": ""})[1]
    assert {"SM_A=1 2", "EMPTY=", "HOSTNAME=algo-1"} <= set(lines)
    assert not [line for line in lines if "SECRET" in line]


def test_jobs_at_the_same_time_have_their_own_folders(run: Run, tmp_path: Path) -> None:
    def one(name: str) -> list[str]:
        (tmp_path / name).mkdir()
        mount = Mount(tmp_path / name, "/opt/ml/output")
        return run(f"echo {name} > /opt/ml/output/x; echo {name} > /tmp/x; sleep 0.5; cat /tmp/x", mounts=(mount,))[1]

    names = [f"job{n}" for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, names)) == [[name] for name in names]
    assert [(tmp_path / name / "x").read_text().strip() for name in names] == names


def test_found_by_labels_until_removed(executor: Executor, spec: Callable[..., ContainerSpec]) -> None:
    labels = {"job": "one", "scope": "a/b"}
    container = executor.start(spec("exit 0", labels=labels))
    other = executor.start(spec("sleep 100", labels={"job": "two"}))
    assert executor.wait(container)
    assert executor.find({"job": "one"}) == [container]
    assert executor.find({"job": "one"})[0].labels == labels
    assert {c.id for c in executor.find({})} == {container.id, other.id}
    for c in (container, other, other):
        executor.remove(c)
    assert executor.find({}) == []
    assert executor.wait(other) == Exit(-1, lost=True)
    assert list(executor.logs(other)) == []
    executor.stop(other, 1)


def test_a_program_that_is_not_there(executor: Executor, run: Run) -> None:
    if executor.name == "docker":  # its init starts, and says so itself
        exited, lines = run(entrypoint=("no-such-program",))
        assert exited == Exit(127)
        assert "no-such-program" in lines[0]
    else:
        with pytest.raises(ExecutorError, match="no-such-program"):
            run(entrypoint=("no-such-program",))
    assert executor.find({}) == []


def test_an_image_that_cannot_run(executor: Executor, spec: Callable[..., ContainerSpec]) -> None:
    unknown = Image("nobody/knows:1", "nobody/knows:1")
    with pytest.raises(ExecutorError, match="nobody/knows:1"):
        executor.start(spec("true", image=unknown))


def test_sockets_left_by_a_job_do_no_harm(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    code = "import socket, os; os.chdir('/opt/ml/out'); socket.socket(socket.AF_UNIX).bind('s'); os.mkfifo('p')"
    assert run(**python(code), mounts=(Mount(tmp_path / "out", "/opt/ml/out"),))[0] == Exit(0)


def test_nothing_of_ours_listens_elsewhere(executor: Executor) -> None:
    for address in executor.listen_addresses():
        with socket.socket() as probe:
            probe.bind((address, 0))
