"""Feature Store: what a group's values must be (group.py), its offline store (layout.py, parquet.py, offline.py) and
SQL over it, as Athena runs it (tables.py, dialect.py, queries.py).

pyarrow, DuckDB and sqlglot are optional and heavy: they are imported by the first flush or query that needs them.
"""
