"""pip's settings, as uv and Docker builds get them."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from emulator.images.index import Index, pip_settings
from emulator.images.recipes import Recipe
from emulator.images.stand_ins import packages_context, toolkit_context


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def test_variables_win_over_files(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".config/pip").mkdir(parents=True)
    certificates = tmp_path / "roots.pem"
    certificates.touch()
    text = f"[global]\nindex-url = https://a/simple\ncert = {certificates}\n[install]\ntrusted-host = one\n two\n"
    (tmp_path / ".config/pip/pip.conf").write_text(text)
    settings = pip_settings(home)
    assert (settings.url, settings.certificates, settings.hosts) == ("https://a/simple", certificates, ("one", "two"))
    assert pip_settings({**home, "PIP_INDEX_URL": "https://b/simple"}).url == "https://b/simple"


def test_a_certificate_file_that_is_not_there_is_none(home: dict[str, str]) -> None:
    assert pip_settings({**home, "PIP_CONFIG_FILE": "/dev/null", "SSL_CERT_FILE": "/nonexistent"}) == Index()


def test_arguments_for_uv() -> None:
    index = Index("https://a", ("https://b",), ("/wheels",), ("a",))
    assert index.uv_arguments(("https://c",)) == [
        *("--index-url", "https://a", "--extra-index-url", "https://b", "--extra-index-url", "https://c"),
        *("--find-links", "/wheels", "--allow-insecure-host", "a", "--index-strategy", "unsafe-best-match"),
    ]
    assert Index().uv_arguments() == []


def test_a_container_gets_what_it_can_reach() -> None:
    index = Index("https://a", ("file:///b", "https://c"), ("/wheels", "https://d"), ("a",), Path("/roots"))
    assert index.reachable() == Index("https://a", ("https://c",), ("https://d",), ("a",), Path("/roots"))


def test_the_build_context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    certificates = tmp_path / "roots.pem"
    certificates.write_text("ROOTS")
    monkeypatch.setenv("PIP_CERT", str(certificates))
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:secret@index/simple")
    recipe = Recipe("small", "1", "", {"numpy": "1.24.1"}, {"COLOUR": "red"})
    texts = unpacked(packages_context(recipe, "3.13"))
    assert texts["requirements.txt"] == "numpy==2.1.3\n"
    assert texts["host/certificates.pem"] == "ROOTS"
    assert "secret" in texts["host/pip.conf"]
    assert "COPY host" not in texts["Dockerfile"].rpartition("FROM ")[2]  # what stays sees nothing of the host
    texts = unpacked(toolkit_context(recipe))
    assert texts["Dockerfile"].endswith("ENV COLOUR=red\n")
    assert "site-packages/sagemaker_emulator_toolkit/train.py" in texts
    assert not [name for name in texts if name.startswith("host")]


def unpacked(packed: io.BytesIO) -> dict[str, str]:
    with tarfile.open(fileobj=packed) as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
        return {name: file.read().decode() for name, file in files.items() if file}
