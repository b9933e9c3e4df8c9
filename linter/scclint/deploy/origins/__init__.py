"""Where people wrote what a program rendered: the place of a field, or where an absent field would be written.

`unit_tracer.tracer` makes the tracer of a unit, which views, findings and remedies ask. Nothing else looks for the source of a rendered line.
"""
