"""What a training script sees: the ``SM_*`` variables and its arguments, made from the files under ``/opt/ml``.

Names and forms are those scripts read today (the SageMaker training toolkit's): paths are text, lists and mappings are
JSON, ``SM_TRAINING_ENV`` holds all of it once more. A channel ``train`` is ``SM_CHANNEL_TRAIN``, a hyperparameter
``max-depth`` is ``SM_HP_MAX-DEPTH``: upper case, nothing else changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any

from . import hyperparameters
from .layout import Layout


class TrainingEnvironment:
    """Everything the service said about this job, read once."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.resources = layout.configuration("resourceconfig")
        self.channels = layout.configuration("inputdataconfig")
        own, framework = hyperparameters.split(layout.configuration("hyperparameters"))
        self.hyperparameters = own
        self.framework = framework
        self.program = str(framework.get("sagemaker_program") or os.environ.get("SAGEMAKER_PROGRAM") or "")
        submitted = framework.get("sagemaker_submit_directory") or os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY")
        self.submitted = str(submitted or "")
        self.hosts = list(self.resources.get("hosts") or ["algo-1"])
        self.current_host = str(self.resources.get("current_host") or self.hosts[0])

    @property
    def arguments(self) -> list[str]:
        """The script's command line."""
        return hyperparameters.arguments(self.hyperparameters)

    def values(self) -> dict[str, Any]:
        """The members of ``SM_TRAINING_ENV``, by the names scripts and libraries know."""
        groups = self.resources.get("instance_groups") or []
        region = self.framework.get("sagemaker_region") or os.environ.get("AWS_REGION")
        return {
            "additional_framework_parameters": {},
            "channel_input_dirs": {name: str(self.layout.data / name) for name in sorted(self.channels)},
            "current_host": self.current_host,
            "current_instance_group": self.resources.get("current_group_name", "homogeneousCluster"),
            "current_instance_group_hosts": self._group_hosts(groups),
            "current_instance_type": self.resources.get("current_instance_type", "local"),
            "distribution_hosts": self.hosts,
            "distribution_instance_groups": [],
            "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE"),
            "hosts": self.hosts,
            "hyperparameters": self.hyperparameters,
            "input_config_dir": str(self.layout.config),
            "input_data_config": self.channels,
            "input_dir": str(self.layout.input),
            "instance_groups": [group["instance_group_name"] for group in groups],
            "instance_groups_dict": {group["instance_group_name"]: group for group in groups},
            "is_hetero": len(groups) > 1,
            "is_master": self.current_host == sorted(self.hosts)[0],
            "is_modelparallel_enabled": None,
            "is_smddpmprun_installed": False,
            "job_name": self.framework.get("sagemaker_job_name") or os.environ.get("TRAINING_JOB_NAME"),
            "log_level": int(self.framework.get("sagemaker_container_log_level") or 20),
            "master_hostname": sorted(self.hosts)[0],
            "model_dir": str(self.layout.model),
            "module_dir": self.submitted or str(self.layout.code),
            "module_name": self.program[:-3] if self.program.endswith(".py") else self.program,
            "network_interface_name": self.resources.get("network_interface_name", "eth0"),
            "num_cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "num_gpus": _gpus(),
            "num_neurons": 0,
            "output_data_dir": str(self.layout.output_data),
            "output_dir": str(self.layout.output),
            "output_intermediate_dir": str(self.layout.intermediate),
            "resource_config": self.resources,
            "user_entry_point": self.program,
            **({"region": region} if region else {}),
        }

    def variables(self) -> dict[str, str]:
        """The ``SM_*`` variables, ready for the script's environment."""
        values = self.values()
        named = dict(values)
        for long, short in _SHORT.items():
            named[short] = named.pop(long)
        variables = {f"SM_{name.upper()}": hyperparameters.variable(value) for name, value in named.items()}
        variables["SM_CHANNELS"] = hyperparameters.variable(sorted(self.channels))
        variables["SM_USER_ARGS"] = hyperparameters.variable(self.arguments)
        variables["SM_TRAINING_ENV"] = hyperparameters.variable(values)
        variables["SM_CHECKPOINT_DIR"] = str(self.layout.checkpoints)
        for name, value in self.hyperparameters.items():
            variables[f"SM_HP_{name.upper()}"] = hyperparameters.variable(value)
        for name, folder in values["channel_input_dirs"].items():
            variables[f"SM_CHANNEL_{name.upper()}"] = folder
        return variables

    def _group_hosts(self, groups: list[dict[str, Any]]) -> list[str]:
        for group in groups:
            if self.current_host in group.get("hosts", []):
                return list(group["hosts"])
        return self.hosts


# Members whose variable is called otherwise.
_SHORT = {
    "additional_framework_parameters": "framework_params",
    "channel_input_dirs": "channel_dirs",
    "hyperparameters": "hps",
}


def _gpus() -> int:
    """Counted by the driver's own tool, as every framework container does; none without it."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return 0
    listed = subprocess.run([tool, "--list-gpus"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return listed.stdout.count(b"GPU ")
