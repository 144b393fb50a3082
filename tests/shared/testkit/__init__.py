"""What tests of several folders share: makers of histories, files and projects, and fakes.

In pytest's importlib mode tests cannot import their neighbours, so pytest has the folder above on
its path (``pythonpath`` in pyproject.toml).  A program that a test starts does not: it is told, by
``PYTHONPATH``, where it needs something of this.
"""
