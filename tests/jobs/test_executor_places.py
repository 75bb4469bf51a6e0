"""Executors where servers really run: as an ordinary user, in a container with the socket, killed and restarted; and
that nothing stays behind on the machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from emulator.executors import proot
from emulator.executors.base import ContainerSpec, Executor, ExecutorError, Exit, Image, Mount
from emulator.executors.docker import DockerExecutor
from emulator.executors.process import ProcessExecutor

ROOT = Path(__file__).resolve().parents[2]
SMALL_JOB = ROOT / "tests/jobs/small_job.py"
SITE = sysconfig.get_path("purelib")
NOBODY = 65534
SOCKET = Path("/var/run/docker.sock")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root can")


@pytest.fixture
def nobodys() -> Iterator[Path]:
    """A folder that belongs to an ordinary user, on a path that user can follow."""
    folder = Path(tempfile.mkdtemp(prefix="executors-", dir="/var/tmp"))
    os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


def python_for_all() -> str:
    """A Python of our own version that another user may run: pyenv under /root is closed to them."""
    short = f"{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/python{short}", f"/usr/local/bin/python{short}"):
        try:
            subprocess.run([candidate, "-c", "pass"], user=NOBODY, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    pytest.skip(f"no Python {short} here that an ordinary user may run")


def as_nobody(kind: str, folder: Path, groups: list[int]) -> dict[str, Any]:
    """What ``small_job.py`` prints when an ordinary user runs it."""
    paths = f"{ROOT}:{SITE}"
    python, environment = python_for_all(), folder / "environment"
    options: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": groups, "cwd": folder}
    subprocess.run([python, "-m", "venv", "--without-pip", environment], check=True, **options)
    done = subprocess.run(
        [environment / "bin/python", SMALL_JOB, kind, folder],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": paths, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@needs_root
def test_process_as_an_ordinary_user(nobodys: Path) -> None:
    found = as_nobody("process", nobodys, [])
    assert found["content"] == "some data"
    assert found["lines"][0] == "pong 3"
    assert (found["uid"], found["owners"], found["left"]) == (NOBODY, [NOBODY], 0)
    assert not list((nobodys / "work/process").iterdir())
    assert not list((nobodys / "environment").rglob("dirt.py"))


@needs_root
@pytest.mark.docker
def test_docker_gives_an_ordinary_user_its_files(nobodys: Path, base_image: str) -> None:
    found = as_nobody("docker", nobodys, [SOCKET.stat().st_gid])
    assert (found["code"], found["content"], found["lines"]) == (0, "some data", ["pong 3"])
    assert (found["owners"], found["transport"], found["left"]) == ([NOBODY], "bind", 0)


@pytest.mark.docker
@pytest.mark.parametrize(("mount", "transport"), [(True, "rewrite"), (False, "archive")])
def test_docker_from_within_a_container(base_image: str, tmp_path: Path, mount: bool, transport: str) -> None:
    """The server in a container of the same daemon: on a volume, and with its data in the container itself."""
    volume = f"executors-test-{os.getpid()}"
    binds = [f"{SOCKET}:/var/run/docker.sock", f"{ROOT}:/repo:ro", f"{SITE}:/site:ro"]
    binds += [f"{volume}:/data"] if mount else []
    options = [word for bind in binds for word in ("-v", bind)]
    options += ["-e", "PYTHONPATH=/repo:/site", "--hostname", "chosen-by-somebody"]
    code = "mkdir -p /data && exec python3 /repo/tests/jobs/small_job.py docker /data"
    try:
        done = subprocess.run(
            ["docker", "run", "--rm", *options, base_image, "sh", "-c", code],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        subprocess.run(["docker", "volume", "rm", "-f", volume], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["code"], found["content"], found["lines"]) == (0, "some data", ["pong 3"])
    assert (found["transport"], found["left"]) == (transport, 0)


@pytest.mark.docker
def test_a_restarted_server_adopts_its_containers(base_image: str, image: Image, tmp_path: Path) -> None:
    for name in ("work", "other", "out"):
        (tmp_path / name).mkdir()
    mounts = (Mount(tmp_path / "out", "/opt/ml/out"),)
    arguments = ("echo up; sleep 2; echo done > /opt/ml/out/x; exit 5",)
    with closing(DockerExecutor(tmp_path / "work", transport="archive")) as first:
        started = first.start(ContainerSpec("job", image, ("sh", "-c"), arguments, mounts=mounts, labels={"job": "j"}))
        network = first.create_network("left-over")
    with closing(DockerExecutor(tmp_path / "other")) as stranger:
        assert stranger.find({"job": "j"}) == []
    with closing(DockerExecutor(tmp_path / "work", transport="archive")) as second:
        assert second.find({"job": "j"}) == [started]
        assert [*second.logs(started)] == [b"up"]
        assert second.wait(started) == Exit(5)
        second.remove(started)
        assert not second.client.networks(names=[network])
    assert (tmp_path / "out/x").read_text() == "done\n"


@pytest.mark.docker
def test_a_server_killed_in_the_middle_leaves_nothing_that_counts(base_image: str, tmp_path: Path) -> None:
    """A helper is removed; a container that was created and never started is lost: Docker says it exited with 0."""
    with closing(DockerExecutor(tmp_path)) as executor:
        ours = f"sagemaker-emulator={executor.instance}"
        for label in ("sagemaker-emulator.helper=", "sagemaker-emulator.mounts=[]"):
            command = ["docker", "create", "--label", ours, "--label", label, base_image, "true"]
            subprocess.run(command, check=True, capture_output=True)
        (created,) = executor.find({})
        assert executor.wait(created) == Exit(-1, lost=True)
        executor.remove(created)
        listed = ["docker", "ps", "-aq", "--filter", f"label={ours}"]
        assert subprocess.run(listed, check=True, capture_output=True).stdout == b""


def sleepers() -> list[str]:
    """Processes of the job of ``small_job.py hang``."""
    found = subprocess.run(["pgrep", "-f", "sleep 432[1]"], capture_output=True, text=True, check=False)
    return found.stdout.split()


def gone(check: Callable[[], Any]) -> bool:
    """Whether something is empty within a few seconds; the kernel takes its time to end a namespace."""
    for _ in range(100):
        if not check():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_process_jobs_end_with_their_server(tmp_path: Path, number: int) -> None:
    with subprocess.Popen(
        [sys.executable, SMALL_JOB, "process", tmp_path, "hang"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        assert server.stdout.readline() == "up\n"
        assert len(sleepers()) >= 4
        server.send_signal(number)
    assert gone(sleepers)
    assert list((tmp_path / "work/process").iterdir())
    with closing(ProcessExecutor(tmp_path / "work")) as restarted:
        assert restarted.find({}) == []
        assert len(list((tmp_path / "work/process").iterdir())) == 1
    assert list((tmp_path / "work/process").iterdir()) == []


def test_process_leaves_the_environment_and_the_machine_clean(image: Image, tmp_path: Path) -> None:
    existed = Path("/opt/ml").exists()
    # The environment itself may lie in /tmp and is then to be seen; no other file of the machine's /tmp is.
    code = (
        "import sys, os; open(sys.prefix + '/dirt', 'w').close(); os.mkdir('/opt/ml/own'); "
        "print('home' in os.listdir('/tmp'), os.path.exists(sys.argv[1]))"
    )
    (tmp_path / "out").mkdir()
    with closing(ProcessExecutor(tmp_path / "work")) as executor, tempfile.NamedTemporaryFile(dir="/tmp") as foreign:
        code_and_name = (code, foreign.name)
        spec = ContainerSpec(
            "job", image, ("python", "-c"), code_and_name, mounts=(Mount(tmp_path / "out", "/opt/ml/out"),)
        )
        container = executor.start(spec)
        assert [*executor.logs(container)] == [b"True False"]
        assert executor.wait(container) == Exit(0)
        executor.remove(container)
    assert not (Path(sys.prefix) / "dirt").exists()
    assert Path("/opt/ml").exists() == existed
    mounts = Path("/proc/mounts").read_text()
    assert str(tmp_path) not in mounts
    assert "/opt/ml" not in mounts


def test_process_says_that_only_docker_runs_an_image_without_environment(tmp_path: Path) -> None:
    with closing(ProcessExecutor(tmp_path)) as executor, pytest.raises(ExecutorError, match="only Docker can run"):
        executor.start(ContainerSpec("job", Image("my/own:1", "my/own:1")))


@pytest.mark.docker
def test_process_says_what_to_do_where_namespaces_are_refused(base_image: str, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from emulator.executors.process import ProcessExecutor as P;"
        "f = P.probe(Path('/tmp')); print(f.usable, f.advice)"
    )
    options = ["-v", f"{ROOT}:/repo:ro", "-e", "PYTHONPATH=/repo"]
    command = ["docker", "run", "--rm", *options, base_image, "python3", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("False this machine refuses namespaces")
    assert "--cap-add SYS_ADMIN" in done.stdout


@pytest.mark.skipif(not proot.program(), reason="proot is not installed")
def test_process_by_proot_where_namespaces_are_refused(image: Image, tmp_path: Path) -> None:
    """Python jobs run, with their own folders and inputs nobody can change, stop as asked, and leave no process."""
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(15, lambda *_: sys.exit(7))\n"
        "open('/opt/ml/in/x', 'a').write('more')\n"
        "open('/opt/ml/out/deep', 'w').write(open('/opt/ml/in/x').read())\n"
        "subprocess.Popen(['sleep', '4321'], start_new_session=True)\n"
        "print('up', flush=True); time.sleep(60)"
    )
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "in/x").write_text("some ")
    mounts = (Mount(tmp_path / "in", "/opt/ml/in", True), Mount(tmp_path / "out", "/opt/ml/out"))
    with closing(ProcessExecutor(tmp_path / "work", namespaces=False)) as executor:
        container = executor.start(ContainerSpec("job", image, ("python", "-c"), (code,), mounts=mounts))
        lines = executor.logs(container)
        assert next(lines) == b"up"
        assert sleepers()
        executor.stop(container, 30)
        assert [*lines] == []
        assert executor.wait(container) == Exit(7)
        assert sleepers() == []
        killed = executor.start(ContainerSpec("job", image, ("sh", "-c"), ("kill -9 $$",)))
        assert executor.wait(killed) == Exit(137)
        with pytest.raises(ExecutorError, match="isolation"):
            executor.start(ContainerSpec("job", image, ("true",), network="none"))
    assert (tmp_path / "out/deep").read_text() == "some more"
    assert (tmp_path / "in/x").read_text() == "some "
    assert list((tmp_path / "work/process").iterdir()) == []


@pytest.mark.docker
def test_docker_leaves_no_container_network_or_volume(base_image: str, image: Image, tmp_path: Path) -> None:
    def everything(kind: str) -> str:
        return subprocess.run(["docker", *kind.split()], capture_output=True, text=True, check=True).stdout

    def ours(executor: Executor) -> list[str]:
        assert isinstance(executor, DockerExecutor)
        label = f"label=sagemaker-emulator={executor.instance}"
        kinds = ("ps -aq", "network ls -q", "volume ls -q")
        return [line for kind in kinds for line in everything(f"{kind} --filter {label}").split()]

    with closing(DockerExecutor(tmp_path)) as executor:
        network = executor.create_network("job")
        specs = [
            ContainerSpec("job", image, ("sleep",), ("100",), port=8080, network=name)
            for name in (None, "none", network)
        ]
        started = [executor.start(spec) for spec in specs]
        assert len(ours(executor)) == 5
        for container in started:
            executor.remove(container)
        executor.remove_network(network)
        assert ours(executor) == []
