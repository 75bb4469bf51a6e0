"""Jobs that are kept as records and not run (cycle.py says how they live), each with what is special about it."""
