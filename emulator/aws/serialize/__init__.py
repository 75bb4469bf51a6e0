"""Params or ServiceError -> HTTP answer, driven by the model.

* :func:`project` cuts an output to its shape (unknown and private members and ``None`` go); the registry does it once
  for clients and engines alike, so the functions below get clean values. XML is cut as it is written.
* :func:`response` writes an output in the operation's protocol; event streams come out framed. Its status is the
  model's, or what the registry was told (:func:`answers_with`).
* :func:`error` writes a :class:`ServiceError`; a modelled error takes its HTTP status from the model.
"""

from emulator.aws.serialize.answer import answers_with, response
from emulator.aws.serialize.errors import error
from emulator.aws.serialize.project import project

__all__ = ["answers_with", "error", "project", "response"]
