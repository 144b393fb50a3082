"""A hardware regression suite for convolution and dense layers."""

__version__ = "0.1.0"
