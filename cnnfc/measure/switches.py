"""Sets the switches of torch that decide which kernels run.

They belong to the whole process, their defaults differ between libraries and releases, and what a
user's start-up files set would stay in force: so every one that changes a number is set here.
"""

from __future__ import annotations

import os
import warnings

import torch


def set_tf32(*, enabled: bool) -> None:
    """Let float32 products and convolutions on NVIDIA GPUs use TF32, or see that none does.

    By default cuDNN's convolutions use it while matrix products do not.  From torch 2.9 on there
    are two interfaces, and a reader of one raises when the other was used alone: both are set, to
    the same.  An operator's own setting of the newer one also overrides a general one.
    """
    with warnings.catch_warnings():
        # torch 2.9 to 2.12 warn that the older interface will go away some day.
        warnings.simplefilter("ignore", UserWarning)
        torch.backends.cuda.matmul.allow_tf32 = enabled
        torch.backends.cudnn.allow_tf32 = enabled
    if hasattr(torch.backends.cudnn, "conv"):
        precision = "tf32" if enabled else "ieee"
        torch.backends.cuda.matmul.fp32_precision = precision
        torch.backends.cudnn.conv.fp32_precision = precision


def set_kernel_choice() -> None:
    """Let cuDNN choose its kernels by rule (or by a race, see `races`), the fast ones included."""
    torch.backends.cudnn.benchmark = races()
    torch.backends.cudnn.deterministic = False


def races() -> bool:
    """Whether cuDNN chooses kernels by racing them: ``CNNFC_CUDNN_BENCHMARK=1`` asks for it.

    A race (``torch.backends.cudnn.benchmark``) is held in the first call of a layer, so never
    inside a timing.  But torch runs each candidate once, so a close race ends differently from
    process to process, and so would a value that should tell commits apart.  By rule, which is
    torch's default too, the kernel is a function of the case, the GPU and the version of cuDNN.
    The hardware record says which it was.
    """
    return os.environ.get("CNNFC_CUDNN_BENCHMARK", "0") not in ("", "0")


def forbids_tf32() -> bool:
    """Whether NVIDIA's libraries were told to use TF32 nowhere, whatever torch asks for."""
    return os.environ.get("NVIDIA_TF32_OVERRIDE") == "0"
