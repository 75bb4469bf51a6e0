"""Tables for xgboost: training channels and inference payloads as ``DMatrix``.

Text is read here and not by xgboost, whose own readers are deprecated since 2.0 and guess. CSV has the label in the
first column and no header; libsvm indexes are taken as they stand; what is absent in libsvm is missing, not zero.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from . import media

TYPES = {media.LIBSVM: "libsvm", media.X_LIBSVM: "libsvm", "libsvm": "libsvm", media.CSV: "csv", "csv": "csv"}
TYPES.update({media.PARQUET: "parquet", "parquet": "parquet"})


class ClientError(Exception):
    """Something the user can mend in data or hyperparameters; the class name leads the FailureReason, as on AWS."""

    def __str__(self) -> str:
        return f"ClientError: {self.args[0]}"


def channel(folder: Path, content_type: str, weights: bool, width: int = 0) -> Any:
    """The ``DMatrix`` of all files below ``folder``. ``weights``: the second CSV column holds them.

    ``width``: number of features of the training channel (libsvm files of fewer columns are filled up).
    """
    form = TYPES.get(media.plain(content_type) or "libsvm")
    if form is None:
        raise ClientError(f"{content_type} is not an accepted ContentType: {', '.join(sorted(set(TYPES.values())))}")
    files = _files(folder)
    if not files:
        raise ClientError(f"There is no data in the channel {folder.name}")
    return _libsvm(files, width) if form == "libsvm" else _table(files, form, weights)


def has_data(folder: Path) -> bool:
    """Whether there is anything to read below ``folder``."""
    return bool(_files(folder))


def _files(folder: Path) -> list[Path]:
    """Files below ``folder``, or the file ``folder`` is; hidden ones and markers like ``_SUCCESS`` do not count."""
    if folder.is_file():
        return [folder]
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "_")))


def payload(body: bytes, content_type: str, width: int) -> Any:
    """An inference payload (no label) as ``DMatrix``. ``width``: the model's number of features.

    Raises ``media.UnsupportedType`` for a type we do not read and ``ValueError`` for a body that is not of its type.
    """
    import numpy
    import xgboost

    if content_type in {media.LIBSVM, media.X_LIBSVM}:
        return xgboost.DMatrix(_sparse(body.decode("utf-8"), width))
    if content_type == media.CSV:
        text = body.decode("utf-8")
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter(text)))
        cells = [[float(cell) if cell.strip() else numpy.nan for cell in row] for row in rows if row]
        return xgboost.DMatrix(numpy.array(cells, dtype=numpy.float32))
    values = numpy.asarray(media.to_array(body, content_type), dtype=numpy.float32)
    return xgboost.DMatrix(values.reshape(1, -1) if values.ndim == 1 else values)


def delimiter(text: str) -> str:
    """The separator of the first line; a comma when there is but one column."""
    line = text.lstrip().partition("\n")[0]
    return next((mark for mark in ",;\t|" if mark in line), ",")


def _table(files: list[Path], form: str, weights: bool) -> Any:
    import pandas
    import xgboost

    try:
        values = pandas.concat([_frame(path, form) for path in files]).to_numpy(dtype="float32")
    except ImportError as error:
        raise ClientError(f"parquet cannot be read in this image: {error}") from error
    except ValueError as error:
        raise ClientError(f"Non-numeric value '...' found in the data, or rows of different length: {error}") from error
    first = 2 if weights else 1
    if values.shape[1] <= first:
        raise ClientError(f"{form} data has {values.shape[1]} columns; the first is the label, features must follow")
    return xgboost.DMatrix(values[:, first:], label=values[:, 0], weight=values[:, 1] if weights else None)


def _frame(path: Path, form: str) -> Any:
    import pandas

    if form == "parquet":
        return pandas.read_parquet(path)
    with path.open() as file:
        separator = delimiter(file.readline())
    frame = pandas.read_csv(path, header=None, sep=separator)
    frame.columns = range(frame.shape[1])
    return frame


def _libsvm(files: list[Path], width: int) -> Any:
    import numpy
    import scipy.sparse
    import xgboost
    from sklearn.datasets import load_svmlight_files

    try:
        loaded = load_svmlight_files([str(path) for path in files], zero_based=True, dtype=numpy.float32)
    except (ValueError, OverflowError) as error:
        text = "is not libsvm (the default ContentType; give the channel text/csv if that is what it holds)"
        raise ClientError(f"The data of channel {files[0].parent.name} {text}: {error}") from error
    features = scipy.sparse.vstack(loaded[0::2]).tocsr()
    if features.shape[1] < width:
        features.resize(features.shape[0], width)
    return xgboost.DMatrix(features, label=numpy.concatenate(loaded[1::2]))


def _sparse(text: str, width: int) -> Any:
    """libsvm lines with or without a label in front."""
    import numpy
    import scipy.sparse

    values, columns, ends = [], [], [0]
    for line in filter(None, (line.partition("#")[0].split() for line in text.splitlines())):
        pairs = [word.split(":", 1) for word in line if ":" in word]
        columns += [int(column) for column, _ in pairs]
        values += [float(value) for _, value in pairs]
        ends.append(len(values))
    width = max(width, max(columns, default=-1) + 1)
    return scipy.sparse.csr_matrix((numpy.array(values, dtype=numpy.float32), columns, ends), (len(ends) - 1, width))
