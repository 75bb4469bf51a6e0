"""Access keys: which account each of them belongs to, and, where signatures are checked, its secret.

An id of exactly twelve digits *is* its account, as moto has it: two accounts need no configuration. Every other id
belongs to the server's own account unless it is configured with one.

A strict server knows the configured pairs, those moto has handed out (AssumeRole, CreateAccessKey), and one it makes
itself for an account that has none but has jobs, whose containers must be able to sign. What it made is kept, since
containers outlive a server, and told from the configured ones by its id, or a pair that was taken out of the
configuration would come back.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from emulator import credentials
from emulator.arns import ACCOUNT
from emulator.credentials import KeyPair, is_account

MADE = re.compile(r"EMULATOR[0-9]{12}")
DUMMY = "sagemaker-emulator"


class Keys:
    """The access keys of a server whose own account is ``home``.

    ``file`` is where a ``strict`` server puts its pairs for jobs and for the commands of its user; ``issued`` looks up
    temporary credentials.
    """

    def __init__(
        self,
        home: str = ACCOUNT,
        pairs: Iterable[KeyPair] = (),
        strict: bool = False,
        file: Path | None = None,
        issued: Callable[[str], KeyPair | None] = lambda key: None,
    ) -> None:
        self.home = home
        self.strict = strict
        self._file = file
        self._issued = issued
        self._lock = threading.Lock()
        self._pairs = {one.id: replace(one, account=one.account or self._of_id(one.id)) for one in pairs}
        if strict and file is not None:
            made = credentials.read(file) if file.exists() else ()
            self._pairs |= {one.id: one for one in made if MADE.fullmatch(one.id)}
            self.of_account(home)
            self._save()

    def account(self, key: str) -> str:
        """The account of an access key id; the server's own for ids nobody knows, and for none (``""``)."""
        found = self._pairs.get(key) or (self._issued(key) if self.strict else None)
        return found.account if found else self._of_id(key)

    def find(self, key: str) -> KeyPair | None:
        """The pair of an access key id, or None."""
        return self._pairs.get(key) or self._issued(key)

    def of_account(self, account: str) -> KeyPair:
        """A pair of an account: a configured one, else one with a dummy secret, or a new one where secrets count."""
        with self._lock:
            for one in self._pairs.values():
                if one.account == account:
                    return one
            if not self.strict:
                return KeyPair(DUMMY if account == self.home else account, DUMMY, account)
            made = self._pairs[f"EMULATOR{account}"] = KeyPair(f"EMULATOR{account}", secrets.token_hex(20), account)
            self._save()
            return made

    def _of_id(self, key: str) -> str:
        return key if is_account(key) else self.home

    def _save(self) -> None:
        """The file: the server's own pair as the default profile, the others under their ids."""
        if self._file is None:
            return
        own = next((one for one in self._pairs.values() if one.account == self.home), None)
        profiles = {"default": own} if own else {}
        credentials.write(self._file, profiles | {one.id: one for one in self._pairs.values() if one is not own})
