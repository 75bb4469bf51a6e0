"""Pipelines: definitions and their versions, executions and their steps. The runner is emulator/pipelines."""
