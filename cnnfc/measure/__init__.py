"""The torch wing: turns cases into workloads and times them on the machine under test."""
