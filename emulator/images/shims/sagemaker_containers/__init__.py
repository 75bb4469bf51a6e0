"""The names users' inference scripts import from AWS's older container library."""
