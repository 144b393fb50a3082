"""Real changes that slow layers down with nothing injected: a kernel, a thread, a layout lost.

Whether a change slows a benchmark down is a question to the machine, not known before: what is
compared is what the gate says with how much slower it found each benchmark.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cnnfc.studies.gate.suite import Change

CHANGES: Final[Mapping[str, Change]] = {
    "isa": Change(
        "ONEDNN_MAX_CPU_ISA=AVX2",
        environment={"ONEDNN_MAX_CPU_ISA": "AVX2"},
    ),
    "mkldnn": Change(
        "oneDNN switched off",
        edits=(
            (
                "measure/layers.py",
                "import torch\n\nfrom cnnfc.cases",
                "import torch\n\ntorch.backends.mkldnn.set_flags(False)\n\nfrom cnnfc.cases",
            ),
        ),
    ),
    "thread": Change(
        "one thread fewer",
        edits=(
            (
                "measure/devices.py",
                "wanted = device.index if device.is_cpu else 1",
                "wanted = max(1, device.index - 1) if device.is_cpu else 1",
            ),
        ),
    ),
    "layout": Change(
        "channels_last lost",
        edits=(
            (
                "measure/layers.py",
                '"nhwc": torch.channels_last,',
                '"nhwc": torch.contiguous_format,',
            ),
        ),
    ),
}
