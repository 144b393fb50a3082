"""Settings that must be in place before torch is loaded, because libraries read them only then.

What the user has set stays as it is.  Everything set here is an environment variable on the
allow-list of the hardware record, so each record shows what was in force.
"""

from __future__ import annotations

import importlib
import os
from typing import Final

from cnnfc.machine import affinity

SETTINGS: Final = {
    # libgomp's idle threads spin for 300,000 iterations by default, which is milliseconds (its
    # manual, GOMP_SPINCOUNT), and steal the core that the next measurement needs: on a busy 2-core
    # machine the median of a dense layer was 37 times its minimum.  A short spin keeps the wake-up
    # cheap (a passive wait costs small layers 4 to 6 times), then the thread sleeps.
    "GOMP_SPINCOUNT": "1000",
    # The same for the OpenMP of LLVM and Intel, in milliseconds; their default is 200.
    "KMP_BLOCKTIME": "1",
    # Ask the driver's management library, not the CUDA runtime, which devices there are: a runtime
    # that was started before asv forks is unusable in the child.
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
}


def prepare() -> None:
    """Set what the user has not set, and load numpy without the threads of its OpenBLAS.

    Importing torch imports numpy, whose bundled OpenBLAS starts one thread a core while it loads.
    A process that is forked must have none.  The limit holds for that load alone: a torch that
    brings an OpenBLAS of its own (ARM builds) reads the user's value.

    Where this process may run is remembered too, since loading torch may bind its first thread.
    """
    affinity.remember()
    # A wait policy is the user's word on spinning, and a spin count would override it.
    has_policy = "OMP_WAIT_POLICY" in os.environ
    for name, value in SETTINGS.items():
        if not (has_policy and name in ("GOMP_SPINCOUNT", "KMP_BLOCKTIME")):
            os.environ.setdefault(name, value)
    before = os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    try:
        importlib.import_module("numpy")
    except ImportError:
        pass  # torch works without numpy; then there are no threads to avoid
    finally:
        if before is None:
            del os.environ["OPENBLAS_NUM_THREADS"]
        else:
            os.environ["OPENBLAS_NUM_THREADS"] = before
