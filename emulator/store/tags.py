"""Tags of resources, by ARN, in the order they were first given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from emulator.store.database import Database


class Tags:
    """Tags as the API spells them: ``[{"Key": …, "Value": …}]``. Limits are the handlers' business."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, arn: str) -> list[dict[str, str]]:
        """All tags of an ARN; empty for one nobody tagged."""
        rows = self._database.rows("SELECT key, value FROM tags WHERE arn = ? ORDER BY position, key", (arn,))
        return [{"Key": key, "Value": value} for key, value in rows]

    def add(self, arn: str, tags: Iterable[Mapping[str, str]]) -> None:
        """Add tags; a key that is there keeps its place and gets the new value."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO tags SELECT ?1, ?2, ?3, coalesce(max(position), 0) + 1 FROM tags WHERE arn = ?1 "
                "ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value",
                [(arn, tag["Key"], tag["Value"]) for tag in tags],
            )

    def remove(self, arn: str, keys: Iterable[str]) -> None:
        """Remove tags by key; keys that are not there are ignored, as AWS does."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM tags WHERE arn = ? AND key = ?", [(arn, key) for key in keys])

    def drop(self, arn: str) -> None:
        """Forget all tags of a deleted resource."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM tags WHERE arn = ?", (arn,))
