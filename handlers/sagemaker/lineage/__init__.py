"""Lineage: artifacts, actions and contexts, the associations between them and trial components, and queries over all.

Actions and contexts are ordinary rows of the table; what SageMaker records by itself is written in ``tracking/``.
"""
