"""The commands with a server that checks signatures: what they start can sign, and they themselves do."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from emulator.commands import _servers
from emulator.commands._environment import changes
from tests.api.test_cli import cli
from tests.conftest import Running, Start, _start
from tests.jobs.account import CLUSTER, IMAGE, ROLE
from tests.strict import KEY, SECRET, STRICT, client

WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
#: Not a word of an endpoint or of keys: through the HTTPS door.
BY_NAME = """
import boto3, json
s3 = boto3.client("s3", endpoint_url="https://s3.us-east-1.amazonaws.com")
s3.create_bucket(Bucket="by-name-strict")
s3.put_object(Bucket="by-name-strict", Key="a b/+", Body=b"x")
virtual = boto3.client("s3", endpoint_url="https://s3.us-east-1.amazonaws.com",
                       config=boto3.session.Config(s3={"addressing_style": "virtual"}))
print(json.dumps(virtual.get_object(Bucket="by-name-strict", Key="a b/+")["Body"].read().decode()))
boto3.client("sagemaker", endpoint_url="https://api.sagemaker.us-east-1.amazonaws.com").list_models()
"""


def test_run_starts_a_strict_server_and_signs(tmp_path: Path) -> None:
    """Without any key configured there is one all the same."""
    (tmp_path / "script.py").write_text(BY_NAME)
    flags = ("--data-dir", str(tmp_path / "data"), "--executor", "process", "--auth", "strict")
    done = cli("run", *flags, "--", sys.executable, "script.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, '"x"\n'), done.stderr
    kept = tmp_path / "data" / "credentials"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    again = cli("run", *flags, "--", sys.executable, "-c", "import os; print(os.environ['AWS_SECRET_ACCESS_KEY'])")
    assert again.stdout.strip() in kept.read_text()


def test_run_hands_key_pairs_on(tmp_path: Path) -> None:
    flags = ("--data-dir", str(tmp_path), "--executor", "process", *STRICT)
    done = cli("run", *flags, "--", sys.executable, "-c", WHO)
    assert (done.returncode, done.stdout) == (0, "123456789012\n"), done.stderr


def test_env_gives_a_pair_the_server_takes(strict: Running) -> None:
    real = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "real")
    exports = cli("env", "--data-dir", str(strict.data_dir), env={**os.environ, **real}).stdout
    script = f'{exports} {sys.executable} -c "{WHO}"'
    environ = {**os.environ, **real}
    done = subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True, check=False)
    assert done.stdout == "123456789012\n", done.stderr


def test_a_users_own_pair_stays_if_the_server_takes_it(strict: Running) -> None:
    def given(**environ: str) -> dict[str, str]:
        return {name: value for name, value in changes(strict.health, environ).items() if "ACCESS_KEY" in name}

    theirs = {"AWS_ACCESS_KEY_ID": "AKIDTHEIRS", "AWS_SECRET_ACCESS_KEY": "theirs/secret"}
    assert given(**theirs) == {}
    own = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    assert given(**theirs | {"AWS_SECRET_ACCESS_KEY": "wrong"}) == own
    assert given() == own


def test_logs_and_status(strict: Running) -> None:
    entrypoint = ["python3", "-c", "print('said')"]
    client(strict, "sagemaker").create_processing_job(
        ProcessingJobName="strict-logs",
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": entrypoint},
        ProcessingResources={"ClusterConfig": CLUSTER},
        RoleArn=ROLE,
    )
    done = cli("logs", "-f", "strict-logs", "--data-dir", str(strict.data_dir))
    assert (done.returncode, done.stdout) == (0, "said\n"), done.stderr
    assert strict.url in cli("status", "--data-dir", str(strict.data_dir)).stdout


def test_key_pairs_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(
        "[a]\naws_access_key_id = FROMFILE\naws_secret_access_key = s%e=c@ret\naws_account_id = 444444444444\n"
    )
    flags = ("--data-dir", str(tmp_path / "data"), "--executor", "process", "--auth", "strict")
    environ = {**os.environ, "SAGEMAKER_EMULATOR_KEY_FILE": str(file)}
    environ |= {"AWS_ACCESS_KEY_ID": "FROMFILE", "AWS_SECRET_ACCESS_KEY": "s%e=c@ret"}
    done = cli("run", *flags, "--", sys.executable, "-c", WHO, env=environ)
    assert (done.returncode, done.stdout) == (0, "444444444444\n"), done.stderr


@pytest.mark.parametrize(("flags", "told"), [(STRICT, False), (("--key-pair", "A=B"), True), ((), False)])
def test_pairs_without_strict_are_said_to_be_unchecked(tmp_path: Path, flags: tuple[str, ...], told: bool) -> None:
    with ExitStack() as stack:
        _start(stack, tmp_path, ("--executor", "process", *flags))
    greeting = (tmp_path / _servers.LOG_FILE).read_text()
    assert "answers at" in greeting
    assert ("signatures are not checked" in greeting) is told


def test_a_pair_that_is_taken_out_is_not_taken(start_server: Start, tmp_path: Path) -> None:
    """What the server made itself stays good: containers may still use it."""
    with ExitStack() as stack:
        first = _start(stack, tmp_path, ("--executor", "process", *STRICT))
        client(first, "sts").get_caller_identity()
    with ExitStack() as stack:
        second = _start(stack, tmp_path, ("--executor", "process", "--auth", "strict"))
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            client(second, "sts").get_caller_identity()
        made = next(iter(_servers.key_pairs(second.health)))
        client(second, "sts", made.id, made.secret).get_caller_identity()
    third = start_server("--executor", "process", *STRICT, data_dir=tmp_path)
    client(third, "sts", made.id, made.secret).get_caller_identity()
    assert next(iter(_servers.key_pairs(third.health))).id == KEY


def test_a_pair_that_is_none_is_not_shown(tmp_path: Path) -> None:
    for given in (
        "ID:hidden",
        "ID=hidden,",
        "ID=hidden@12",
        "ID=hidden@",
        "ID=hidden,ID=hidden",
        "222222222222=hidden@333333333333",
    ):
        done = cli("serve", "--data-dir", str(tmp_path / "data"), "--key-pair", given, "--port", "-1")
        assert done.returncode == 2
        assert "hidden" not in done.stderr
        done = cli("status", env={**os.environ, "SAGEMAKER_EMULATOR_KEY_PAIR": given})
        assert "hidden" not in done.stderr


def test_a_file_that_is_none_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("aws_secret_access_key = hidden\n")
    done = cli("serve", "--data-dir", str(tmp_path / "data"), "--key-file", str(file))
    assert done.returncode == 1
    assert f"--key-file: {file} is no credentials file" in done.stderr
    assert "hidden" not in done.stderr


def test_the_plugins_client_signs(strict: Running) -> None:
    from emulator.commands._fixture import Emulator

    plugin = Emulator(strict.health)
    assert plugin.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert plugin.client("s3").list_buckets()["Owner"]["ID"]
