"""Writes a gate as one HTML page that needs no other file."""

from __future__ import annotations

from cnnfc.verdicts import GateReport


def html(report: GateReport) -> str:
    """The page about `report`: styles, script and pictures inside, nothing fetched."""
    # Templates and charts take a while to load: whoever wants another format need not wait.
    from cnnfc.report.views.gate.page import gate_page  # noqa: PLC0415
    from cnnfc.report.writer import lay_out_gate  # noqa: PLC0415

    return lay_out_gate(gate_page(report))
