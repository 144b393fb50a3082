"""Fine."""


def time_fine():
    pass
