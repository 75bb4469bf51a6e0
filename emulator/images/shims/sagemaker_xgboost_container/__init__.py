"""The names users' scripts import from AWS's XGBoost container; what they do is the toolkit's."""
