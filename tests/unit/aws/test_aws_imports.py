"""What the gateway pulls in at start: nothing that takes a second or 50 MB."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("boto3", "moto", "botocore.session", "botocore.client", "flask", "regex", "docker")


def test_importing_the_gateway_is_light() -> None:
    code = f"import emulator.gateway, sys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
