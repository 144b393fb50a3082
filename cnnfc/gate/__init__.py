"""Compares two commits by pairs of resident workers and judges every benchmark.

`whole` runs a gate.  Its steps are folders: `preparing` makes two versions into two sides,
`measuring` asks workers on both, `judging` decides and words the verdicts, `explaining` says what
the sides of a slower benchmark do differently.  `policy` reads what the project asks for, and
`worker` is the program that runs in a process of either side.
"""
