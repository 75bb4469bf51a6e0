"""Error codes and texts that several rows share; what clients compare them with is in the package's docstring."""

from __future__ import annotations

INVALID = "ValidationException"
COULD_NOT_FIND = 'Could not find {label} "{arn}".'
EXISTING = 'Cannot create already existing {label} "{arn}".'
NOT_FOUND_JOB = "Could not find requested job with name: {name}"
UNIQUE_JOB = "Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})"
DOES_NOT_EXIST = "{noun} {arn} does not exist."
UNIQUE_NAME = "{noun} names must be unique within an AWS account and region. {noun} with name ({name}) already exists."
BRACKETED = "{noun} [{arn}] does not exist."
BRACKETED_EXISTS = "{noun} [{arn}] already exists."
