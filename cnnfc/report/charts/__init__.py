"""Charts: one function a chart, from plain rows to a Vega-Lite specification; pure.

Every function draws for a wide page or, with ``compact``, for a narrow one.  Texts come ready to
print.
"""
