"""The certificate authority of the HTTPS door: made at first start, kept in the data folder, known to nobody else.

``ca/ca.pem`` is the CA alone, ``ca/ca.key`` its key (0600), ``ca/bundle.pem`` the CA with certifi's and the system's
roots, so that one variable (``AWS_CA_BUNDLE`` and its like) serves AWS hosts and all others. trustme and cryptography
cost 60 ms and 10 MB and are imported when a certificate is made, not before.
"""

from __future__ import annotations

import os
import ssl
import threading
from pathlib import Path

import certifi


class Authority:
    """The CA in a folder; hands out a TLS context per host name."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self.key, self.bundle = folder / "ca.pem", folder / "ca.key", folder / "bundle.pem"
        folder.mkdir(parents=True, exist_ok=True)
        if not (self.certificate.is_file() and self.key.is_file()):
            self._make()
        write_bundle(self.bundle, [self.certificate])
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._making = threading.Lock()

    def context(self, host: str) -> ssl.SSLContext:
        """A server-side context with a certificate for ``host``; made once per name."""
        with self._making:
            context = self._contexts.get(host)
            if context is None:
                context = self._contexts[host] = self._issue(host)
            return context

    def _issue(self, host: str) -> ssl.SSLContext:
        import trustme

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        authority = trustme.CA.from_pem(self.certificate.read_bytes(), self.key.read_bytes())
        authority.issue_cert(host).configure_cert(context)
        return context

    def _make(self) -> None:
        import trustme

        authority = trustme.CA(organization_name="sagemaker-emulator", organization_unit_name="local only")
        _write(self.key, authority.private_key_pem.bytes(), 0o600)
        _write(self.certificate, authority.cert_pem.bytes(), 0o644)


def write_bundle(path: Path, more: list[Path]) -> None:
    """All roots a client may need: certifi's, the system's, and ``more`` (ours, the user's own)."""
    system = ssl.get_default_verify_paths().cafile
    sources = [*more, Path(certifi.where()), *([Path(system)] if system else [])]
    blocks = [source.read_bytes().strip() for source in dict.fromkeys(sources) if source.is_file()]
    _write(path, b"\n".join(blocks) + b"\n", 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as handle:
        handle.write(data)
    aside.replace(path)
