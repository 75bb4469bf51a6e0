"""The SageMaker operations: the table of resources (``resources.py``), what runs it, and what is no plain resource."""
