"""Made from concise.j2 (sha256 fe38e265f35f70a61bc18f4f6fc3e559fafbf54e502d20c768610a12d2740abf) by tools/compile_templates.py. Do not edit."""

# ruff: noqa
# mypy: ignore-errors
# fmt: off
from scclint.report.layout import *

environment = None
name = 'concise.j2'

def root(context, missing=missing, environment=environment):
    resolve = context.resolve_or_missing
    undefined = environment.undefined
    concat = environment.concat
    cond_expr_undefined = Undefined
    if 0: yield None
    l_0_findings = resolve('findings')
    l_0_summary = resolve('summary')
    try:
        t_1 = environment.filters['paint']
    except KeyError:
        @internalcode
        def t_1(*unused):
            raise TemplateRuntimeError("No filter named 'paint' found.")
    pass
    for l_1_f in (undefined(name='findings') if l_0_findings is missing else l_0_findings):
        _loop_vars = {}
        pass
        yield str(t_1(environment.getattr(l_1_f, 'place'), 'place'))
        yield ': '
        yield str(t_1(environment.getattr(l_1_f, 'rule'), environment.getattr(l_1_f, 'severity')))
        yield ' '
        yield str(environment.getattr(l_1_f, 'message'))
        yield str(t_1(environment.getattr(l_1_f, 'aside'), 'quiet'))
        yield '\n'
    l_1_f = missing
    yield str((undefined(name='summary') if l_0_summary is missing else l_0_summary))

blocks = {}
debug_info = '1=19&2=22&4=30'
