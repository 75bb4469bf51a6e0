"""Access key ids: which account each of them belongs to.

An id of exactly twelve digits *is* its account, as moto has it: two accounts need no configuration. Every other id
belongs to the server's own account.
"""

from __future__ import annotations

ACCOUNT_DIGITS = 12


def is_account(text: str) -> bool:
    """Whether a text is an account id."""
    return len(text) == ACCOUNT_DIGITS and text.isascii() and text.isdigit()


class Keys:
    """The access keys of a server whose own account is ``home``."""

    def __init__(self, home: str) -> None:
        self.home = home

    def account(self, key: str) -> str:
        """The account of an access key id; the server's own for ids nobody knows, and for none (``""``)."""
        return key if is_account(key) else self.home
