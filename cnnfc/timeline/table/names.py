"""Says what a point is about in words that tables group by: its family, its parameters by name."""

from __future__ import annotations

from cnnfc.timeline.series import as_layer


def family_of(benchmark: str, parameters: tuple[str, ...]) -> str:
    """``conv``, ``dense`` or ``canary`` for layers of this project; else the benchmark's module.

    The module is what stands before the first part of the name that is a class or the last.

    >>> family_of("threads.Forward.time_layer", ("dense.1024-512", "cpu-2"))
    'dense'
    >>> family_of("io.csv.ReadCsv.time_read", ()), family_of("sorting.time_sort", ("10",))
    ('io.csv', 'sorting')
    """
    layer = as_layer(benchmark, parameters)
    if layer is not None:
        return layer.case.family
    parts = benchmark.split(".")
    last = next((at for at, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)
    return ".".join(parts[:last]) or benchmark


def named(names: tuple[str, ...], parameters: tuple[str, ...]) -> dict[str, str]:
    """The parameters by their `names`, in their order.

    Where the names that are known do not fit (an old point of a benchmark that has got another
    parameter since), or are not different, they are ``param1``, ``param2``, ... as in asv.

    >>> named(("case", "device"), ("dense.2-3", "cpu-1"))
    {'case': 'dense.2-3', 'device': 'cpu-1'}
    """
    if len(names) != len(parameters) or len(set(names)) != len(names):
        names = tuple(f"param{index + 1}" for index in range(len(parameters)))
    return dict(zip(names, parameters, strict=True))
