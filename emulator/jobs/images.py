"""A job's image: from the URI in the request to something the executor runs, with the words AWS has for a bad one."""

from __future__ import annotations

from emulator.executors.base import Image
from emulator.images.errors import ImageError
from emulator.jobs.base import JobFailed
from emulator.jobs.job import Job


def resolve(job: Job, uri: str) -> Image:
    """The image; may take minutes on first use of a framework image. Raises JobFailed that says what to do."""
    job.check()
    try:
        image = job.tools.images.resolve(uri, job.progress)
    except ImageError as error:
        raise JobFailed(f"ClientError: {error}") from error
    job.check()
    job.notes += [note for note in image.notes if note not in job.notes]
    return image
