"""sagemaker-emulator: the machine. What each AWS operation does lives in ``handlers``, beside this package."""

__version__ = "0.1.0"
