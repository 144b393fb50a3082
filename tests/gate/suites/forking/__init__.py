"""A suite that forks when it is imported."""

import os

os.fork()


def time_nothing():
    pass
