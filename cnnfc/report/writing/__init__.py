"""How a report becomes files: one module for each step, put together by `cnnfc.report.writer`."""
