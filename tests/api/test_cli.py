"""The command line, as a user types it."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from emulator.cli import names
from emulator.commands import _servers
from emulator.commands._environment import changes
from emulator.config import SETTINGS

PROGRAM = [sys.executable, "-m", "emulator"]


def cli(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    options = {"capture_output": True, "text": True, "timeout": 120} | options
    return subprocess.run([*PROGRAM, *words], check=False, **options)


@pytest.mark.parametrize("name", names())
def test_every_command_explains_itself(name: str) -> None:
    done = cli(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: sagemaker-emulator {name}")
    assert not re.search(r"default: (;|None|True|False|\()", done.stdout)


def test_help_names_every_command() -> None:
    done = cli("--help")
    assert {"serve", "run", "env", "status", "logs", "images", "reset", "doctor"} <= set(done.stdout.split())


def test_the_installed_program_is_the_same() -> None:
    program = Path(sys.executable).parent / "sagemaker-emulator"
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == cli("--version").stdout


# --- run ----------------------------------------------------------------------------------------------------------

# A user's script: no endpoint anywhere, and a hook that writes down whatever the process connects to or looks up.
SCRIPT = """
import json, socket, sys
seen = []
def hook(event, arguments):
    if event == "socket.connect" and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        seen.append(arguments[1][0])
    elif event == "socket.getaddrinfo":
        seen.append(arguments[0])
sys.addaudithook(hook)
import boto3, sagemaker
session = sagemaker.Session()
bucket = session.default_bucket()
role = sagemaker.get_execution_role()
session.upload_string_as_file_body("hello", bucket, "a/key")
body = session.read_s3_file(bucket, "a/key")
boto3.client("s3", endpoint_url="https://s3.us-west-2.amazonaws.com").list_buckets()
names = boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
import requests
requests.get("https://sm-pysdk-t-us-east-1.s3.us-east-1.amazonaws.com/telemetry")
print(json.dumps({"bucket": bucket, "role": role, "body": body, "jobs": names, "seen": sorted(set(map(str, seen)))}))
"""


def test_run_keeps_unmodified_code_on_this_machine(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    environ = {**os.environ, "NO_PROXY": "amazonaws.com,*", "HOME": str(tmp_path)}
    words = ["run", "--data-dir", str(tmp_path / "data"), "--executor", "process", "--", sys.executable, "script.py"]
    done = cli(*words, cwd=tmp_path, env=environ)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["bucket"] == "sagemaker-us-east-1-123456789012"
    assert told["role"].startswith("arn:aws:iam::123456789012:role/")
    assert (told["body"], told["jobs"]) == ("hello", [])
    assert set(told["seen"]) <= {"127.0.0.1", "localhost", "::1"}
    assert _servers.find(tmp_path / "data") is None  # the server it started is gone


def run(server: Any, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return cli("run", "--data-dir", str(server.data_dir), "--", *words, **options)


@pytest.mark.parametrize(
    ("code", "expected"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_run_passes_the_exit_code_on(server: Any, code: str, expected: int) -> None:
    assert run(server, sys.executable, "-c", code).returncode == expected


def test_run_uses_the_running_server(server: Any) -> None:
    done = run(server, sys.executable, "-c", "import os; print(os.environ['AWS_ENDPOINT_URL'])")
    assert done.stdout.strip() == server.url
    assert _servers.find(server.data_dir) is not None


def test_run_hands_its_flags_to_the_server_it_starts(tmp_path: Path) -> None:
    flags = ("--data-dir", str(tmp_path), "--executor", "process", "--account", "210987654321")
    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    done = cli("run", *flags, "--", sys.executable, "-c", code)
    assert (done.returncode, done.stdout) == (0, "210987654321\n"), done.stderr
    assert "end it first" not in done.stderr


def test_run_says_that_flags_come_too_late(server: Any) -> None:
    done = cli("run", "--data-dir", str(server.data_dir), "--region", "eu-west-1", "--keep", "yes", "--", "true")
    assert done.returncode == 0
    assert "end it first for --region, --keep to have an effect" in done.stderr
    assert "end it first" not in run(server, "true").stderr


@pytest.mark.parametrize(("flag", "value"), [("--host", "0.0.0.0"), ("--port", "1")])
def test_run_stops_if_the_server_is_elsewhere(server: Any, flag: str, value: str) -> None:
    done = cli("run", "--data-dir", str(server.data_dir), flag, value, "--keep", "yes", "--", "echo", "ran")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"runs already, at {server.url}: end it first for {flag} to have an effect" in done.stderr


@pytest.mark.parametrize("port", ["its own", "0"])
def test_run_takes_the_address_the_server_has(server: Any, port: str) -> None:
    flags = ("--host", "127.0.0.1", "--port", "0" if port == "0" else server.url.rpartition(":")[2])
    done = cli("run", "--data-dir", str(server.data_dir), *flags, "--", "echo", "ran")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert "end it first" not in done.stderr


def test_run_passes_arguments_and_streams_through(server: Any) -> None:
    code = "import sys; print(sys.argv[1:], sys.stdin.read()); print('oops', file=sys.stderr)"
    done = run(server, sys.executable, "-c", code, "--port", "-x", "a b", input="text")
    assert done.stdout == "['--port', '-x', 'a b'] text\n"
    assert done.stderr.endswith("oops\n")


@pytest.mark.parametrize(
    ("words", "message"), [([], "say what to run"), (["/nonexistent/program"], "cannot run /nonexistent/program")]
)
def test_run_says_what_is_wrong(server: Any, words: list[str], message: str) -> None:
    done = run(server, *words)
    assert done.returncode == 1
    assert message in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_are_the_commands(server: Any, number: int) -> None:
    code = "import signal, sys, time\n"
    code += f"signal.signal({int(number)}, lambda *_: sys.exit(5))\nprint('ready', flush=True)\ntime.sleep(60)"
    words = [*PROGRAM, "run", "--data-dir", str(server.data_dir), "--", sys.executable, "-c", code]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(20) == 5


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def https_server(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A server of the user's on loopback, with a CA of the user's."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "theirs.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as httpd:
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield httpd.server_address[1], tmp_path / "theirs.pem"
        httpd.shutdown()


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_a_users_own_https_on_loopback_still_works(server: Any, https_server: tuple[int, Path], how: str) -> None:
    port, roots = https_server
    verify = f", verify={str(roots)!r}" if how == "argument" else ""
    environ = dict(os.environ) if how == "argument" else {**os.environ, "REQUESTS_CA_BUNDLE": str(roots)}
    code = f"import requests; print(requests.get('https://localhost:{port}/'{verify}).text)"
    done = run(server, sys.executable, "-c", code, env=environ)
    assert done.stdout == "hello\n", done.stderr


# --- env ----------------------------------------------------------------------------------------------------------


def test_env_is_for_the_shell(server: Any) -> None:
    exports = cli("env", "--data-dir", str(server.data_dir)).stdout
    script = (
        exports + f'{sys.executable} -c \'import os; print(os.environ["AWS_ENDPOINT_URL"], os.environ["https_proxy"])\''
    )
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [server.url, server.health["proxy"]]


def test_a_users_choices_stay(server: Any, tmp_path: Path) -> None:
    config = tmp_path / ".aws" / "config"
    config.parent.mkdir()
    config.write_text("[default]\nregion = eu-central-1\n[profile work]\nregion = ap-south-1\n")
    given = {"HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "mine", "AWS_PROFILE": "work"}
    found = changes(server.health, given)
    assert "AWS_ACCESS_KEY_ID" not in found
    assert "AWS_SECRET_ACCESS_KEY" not in found
    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == ("ap-south-1", "ap-south-1")
    assert (
        changes(server.health, {"HOME": str(tmp_path), "AWS_REGION": "sa-east-1"})["AWS_DEFAULT_REGION"] == "sa-east-1"
    )
    assert changes(server.health, {"HOME": "/nonexistent"})["AWS_REGION"] == "us-east-1"


def test_the_sdks_own_configuration_is_not_shadowed(server: Any, tmp_path: Path) -> None:
    assert (
        Path(changes(server.health, {})["SAGEMAKER_ADMIN_CONFIG_OVERRIDE"]).read_text().count("TelemetryOptOut: true")
    )
    assert "SAGEMAKER_USER_CONFIG_OVERRIDE" not in changes(server.health, {})
    theirs = {"SAGEMAKER_ADMIN_CONFIG_OVERRIDE": "s3://b/config.yaml"}
    assert "SAGEMAKER_ADMIN_CONFIG_OVERRIDE" not in changes(server.health, theirs)
    (tmp_path / "sagemaker").mkdir()
    (tmp_path / "sagemaker" / "config.yaml").write_text("SchemaVersion: '1.0'\n")
    assert "SAGEMAKER_ADMIN_CONFIG_OVERRIDE" not in changes(server.health, {"XDG_CONFIG_DIRS": str(tmp_path)})


# --- the others ---------------------------------------------------------------------------------------------------


def test_status_and_reset(start_server: Any) -> None:
    running = start_server("--executor", "process")
    flags = ("--data-dir", str(running.data_dir))
    running.client("sagemaker").create_model_package_group(ModelPackageGroupName="g")
    state = json.loads(cli("status", "--json", *flags).stdout)
    assert [(row["kind"], row["count"]) for row in state["records"]] == [("ModelPackageGroup", 1)]
    assert running.url in cli("status", *flags).stdout
    assert cli("reset", *flags).returncode == 0
    assert json.loads(cli("status", "--json", *flags).stdout)["records"] == []


@pytest.mark.parametrize("name", ["status", "reset", "env", "logs"])
def test_without_a_server_it_says_how_to_start_one(tmp_path: Path, name: str) -> None:
    done = cli(name, "--data-dir", str(tmp_path), *(["job"] if name == "logs" else []))
    assert (done.returncode, done.stdout) == (1, "")
    assert "sagemaker-emulator serve" in done.stderr
    assert "Traceback" not in done.stderr


def test_logs_of_no_job(server: Any) -> None:
    done = cli("logs", "--data-dir", str(server.data_dir), "nosuchjob")
    assert done.returncode == 1
    assert "there is no job nosuchjob" in done.stderr


def test_doctor_says_what_is_here(tmp_path: Path) -> None:
    made = tmp_path / "cache" / "sagemaker-emulator" / "environments"
    for name in (".locks", ".half-made", "one"):
        (made / name).mkdir(parents=True)
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = cli("doctor", "--data-dir", str(tmp_path), "--port", "0", env=environ)
    assert f"1 made in {made}" in done.stdout
    assert {"python", "docker", "process", "environments", "gpu", "server", "disk"} <= set(done.stdout.split())
    assert "Traceback" not in done.stderr


def test_an_old_botocore_is_named(tmp_path: Path) -> None:
    """As pip leaves it where another package wants an older one."""
    (tmp_path / "sitecustomize.py").write_text("import botocore; botocore.__version__ = '1.43.117'")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    flags = ("--data-dir", str(tmp_path / "data"), "--port", "0")
    done = cli("serve", *flags, env=environ)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "botocore 1.43.117 is too old, 1.44.5 is needed: pip install -U botocore" in done.stderr
    done = cli("doctor", *flags, env=environ)
    assert done.returncode == 1
    assert "botocore 1.43.117 is too old" in done.stdout
    assert '"botocore>=1.44.5,' in Path("pyproject.toml").read_text()


def test_images(tmp_path: Path) -> None:
    flags = ("images", "--data-dir", str(tmp_path), "--executor", "process")
    uri = "111122223333.dkr.ecr.us-east-1.amazonaws.com/mine:1"
    (tmp_path / "venv").mkdir()
    assert "sagemaker-xgboost" in cli(*flags, "list").stdout
    added = cli(*flags, "add", f"{uri}={tmp_path / 'venv'}")
    assert added.returncode == 0, added.stderr
    assert "mine" in cli(*flags, "list").stdout
    assert "mine" in cli(*flags).stdout
    assert "mine" in cli("images", "list", *flags[1:]).stdout
    assert cli(*flags, "rm", uri).returncode == 0
    assert cli(*flags, "rm", uri).returncode == 1
    assert cli(*flags, "add", "nonsense").returncode == 1
    unknown = cli(*flags, "build", "example.com/no-such-image:1")
    assert unknown.returncode == 1
    assert "images add" in unknown.stderr


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "abc", "not a port (0 to 65535): 'abc'"),
        ("PORT", "65536", "not a port (0 to 65535): '65536'"),
        ("PACE", "slow", "not a number of seconds: 'slow'"),
        ("PACE", "-1", "not a number of seconds: '-1'"),
        ("MAX_JOBS", "many", "not a whole number: 'many'"),
        ("ACCOUNT", "12", "not an account (twelve digits): '12'"),
        ("KEY_FILE", "/nonexistent/keys", "/nonexistent/keys cannot be read: No such file or directory"),
    ],
)
def test_a_variable_that_does_not_fit_is_named(tmp_path: Path, name: str, value: str, message: str) -> None:
    environ = {**os.environ, f"SAGEMAKER_EMULATOR_{name}": value}
    done = cli("serve", "--data-dir", str(tmp_path), env=environ)
    assert (done.returncode, done.stderr) == (1, f"sagemaker-emulator: SAGEMAKER_EMULATOR_{name}: {message}\n")


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    given = {setting.variable: "" for setting in SETTINGS}
    done = cli("status", cwd=tmp_path, env={**os.environ, **given, "XDG_DATA_HOME": str(tmp_path / "share")})
    assert f"no server runs on {tmp_path / 'share' / 'sagemaker-emulator'};" in done.stderr


@pytest.mark.parametrize("name", ["serve", "run", "status"])
def test_an_empty_flag_is_refused(tmp_path: Path, name: str) -> None:
    done = cli(name, "--data-dir", "", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("argument --data-dir: it is empty; give a value, or leave the flag out\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flag", "value", "advice"),
    [
        ("--port", "80000", "invalid port value: '80000'"),
        ("--account", "12", "argument --account: invalid account (twelve digits) value: '12'"),
        ("--key-pair", "A=B@12", "argument --key-pair: a key pair is ID=SECRET or ID=SECRET@ACCOUNT, the account tw"),
        ("--hold", "perhaps", "invalid yes or no value: 'perhaps'"),
        ("--key-file", "/nonexistent/keys", "--key-file: /nonexistent/keys cannot be read: No such file or directory"),
        ("--host", "192.0.2.1", "give another one with --host"),
        ("--host", "no.such.host.invalid", "give another one with --host"),
    ],
)
def test_a_flag_that_does_not_fit_is_named(tmp_path: Path, flag: str, value: str, advice: str) -> None:
    done = cli("serve", "--data-dir", str(tmp_path), flag, value)
    assert done.returncode != 0
    assert advice in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_named(server: Any, tmp_path: Path) -> None:
    done = cli("serve", "--data-dir", str(tmp_path), "--port", server.url.rpartition(":")[2])
    assert done.returncode == 1
    assert "give another one with --port" in done.stderr


def test_docker_that_does_not_answer_is_named(tmp_path: Path) -> None:
    environ = {**os.environ, "DOCKER_HOST": "unix:///nowhere.sock"}
    done = cli("serve", "--data-dir", str(tmp_path), "--port", "0", "--executor", "docker", env=environ)
    assert done.returncode == 1
    assert re.fullmatch(r".*no Docker daemon answers: start Docker, .* --executor process or auto\n", done.stderr)


@pytest.mark.parametrize("name", ["serve", "run"])
def test_a_data_folder_that_cannot_be_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = cli(
        name, "--data-dir", str(tmp_path / "file" / "data"), *(["--", "true"] if name == "run" else ["--port", "0"])
    )
    assert done.returncode == 1
    assert "give another one with --data-dir" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_state_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as newer:
        newer.execute("PRAGMA user_version = 9999")
    done = cli("serve", "--data-dir", str(tmp_path), "--port", "0")
    assert done.returncode == 1
    assert "newer" in done.stderr
    assert "Traceback" not in done.stderr


def test_output_is_plain_in_a_pipe(server: Any) -> None:
    assert "\033" not in cli("status", "--data-dir", str(server.data_dir)).stdout
