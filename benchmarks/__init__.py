"""The suite: asv benchmark classes for convolution and dense layers.

``cases`` and ``DEVICES`` come from this work tree, never from the installed commit: asv numbers
parameters by their place in the list, so a list that changed from commit to commit would file
values under the wrong case.  For the same reason benchmarks use only ``cnnfc.measure.api``.
"""

import tomllib
from pathlib import Path

#: The same on every machine; what a machine lacks is skipped.  See CONTRIBUTING.md, "Names".
DEVICES = [f"cpu-{threads}" for threads in (1, 2, 4, 8, 16, 32, 64, 128)]
DEVICES += ["cuda-0", "mps-0", "xpu-0"]
ACCELERATORS = DEVICES[-3:]
SCALING_DEVICES = [f"cpu-{t}" for t in (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)]
CANARY_DEVICES = DEVICES + [f"cuda-{index}" for index in range(1, 8)]

_CATALOGUES = tomllib.loads(
    (Path(__file__).parent.parent / "cnnfc" / "catalogues.toml").read_text(encoding="utf-8")
)


def cases(*catalogues, kind="", without=()):
    """Names of the cases in `catalogues`, each once, that start with `kind`.

    `without` names catalogues whose cases are left out.
    """
    unwanted = {case for name in without for case in _CATALOGUES[name]["cases"]}
    names = dict.fromkeys(case for name in catalogues for case in _CATALOGUES[name]["cases"])
    return [case for case in names if case.startswith(kind) and case not in unwanted]


#: What the standard profile measures forward; `Full` classes measure the rest.
STANDARD = (
    "question",
    "resnet50",
    "kernels",
    "batches",
    "ladder_image",
    "ladder_batch",
    "ladder_groups",
    "mobilenet_v1",
    "transformer",
    "layouts",
)
#: What accelerators are timed with in three more ways; few, because elsewhere each is a skip.
ACCELERATED = ("question", "cold")
FULL = ("vgg16", "bert", "kinds", "replacement")
