"""Training on several hosts, for users' training scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sagemaker_emulator_toolkit import together


def rabit_run(
    exec_fun: Callable[..., Any],
    args: dict[str, Any],
    include_in_training: bool,
    hosts: list[str],
    current_host: str,
    first_port: int | None = None,
    second_port: int | None = None,
    update_rabit_args: bool = False,
    **_: Any,
) -> None:
    """Call ``exec_fun(**args)`` on every host that has data, connected; ``is_master`` is told where asked for."""
    included = together.with_data(hosts, current_host, include_in_training) if len(hosts) > 1 else hosts
    if current_host not in included:
        return
    if update_rabit_args:
        args.update({"is_master": current_host == sorted(included)[0]})
    if len(included) == 1:
        exec_fun(**args)
        return
    with together.ring(included, current_host, second_port or together.PORT + 1):
        exec_fun(**args)
