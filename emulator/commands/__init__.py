"""The commands of ``sagemaker-emulator``: one module each, with ``HELP``, ``add(parser)`` and ``run(arguments)``.

Modules whose name begins with an underscore are shared by the commands. A command's module is imported only when it is
asked for, so ``--help`` and ``run`` stay quick.
"""
