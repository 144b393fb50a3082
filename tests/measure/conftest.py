"""Puts back what measuring changes in the whole process."""

import pytest
import torch

from cnnfc.measure import layers


@pytest.fixture(autouse=True)
def _leave_the_process_as_it_was():
    threads = torch.get_num_threads()
    yield
    layers._inference(enabled=False)
    layers.disturb()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)
