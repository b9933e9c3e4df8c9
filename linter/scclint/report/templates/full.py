"""Made from full.j2 (sha256 5883a04533ad89a6bfb933ccaa9e4387309307f2fa22265fd9fe391d6e2770dc) by tools/compile_templates.py. Do not edit."""

# ruff: noqa
# mypy: ignore-errors
# fmt: off
from scclint.report.layout import *

environment = None
name = 'full.j2'

def root(context, missing=missing, environment=environment):
    resolve = context.resolve_or_missing
    undefined = environment.undefined
    concat = environment.concat
    cond_expr_undefined = Undefined
    if 0: yield None
    l_0_findings = resolve('findings')
    l_0_summary = resolve('summary')
    try:
        t_1 = environment.filters['hang']
    except KeyError:
        @internalcode
        def t_1(*unused):
            raise TemplateRuntimeError("No filter named 'hang' found.")
    try:
        t_2 = environment.filters['paint']
    except KeyError:
        @internalcode
        def t_2(*unused):
            raise TemplateRuntimeError("No filter named 'paint' found.")
    pass
    for l_1_f in (undefined(name='findings') if l_0_findings is missing else l_0_findings):
        l_1_gutter = l_1_bar = missing
        _loop_vars = {}
        pass
        l_1_gutter = (' ' * environment.getattr(l_1_f, 'margin'))
        _loop_vars['gutter'] = l_1_gutter
        l_1_bar = t_2('|', 'quiet')
        _loop_vars['bar'] = l_1_bar
        yield str(t_2(environment.getattr(l_1_f, 'place'), 'place'))
        yield ': '
        yield str(t_2(str_join((environment.getattr(l_1_f, 'severity'), '[', environment.getattr(l_1_f, 'rule'), ']', )), environment.getattr(l_1_f, 'severity')))
        yield ' '
        yield str(environment.getattr(l_1_f, 'name'))
        yield str(t_2(environment.getattr(l_1_f, 'aside'), 'quiet'))
        yield '\n'
        if environment.getattr(l_1_f, 'snippet'):
            pass
            yield str((undefined(name='gutter') if l_1_gutter is missing else l_1_gutter))
            yield ' '
            yield str((undefined(name='bar') if l_1_bar is missing else l_1_bar))
            yield '\n'
            yield str(t_2(environment.getattr(l_1_f, 'line'), 'quiet'))
            yield ' '
            yield str((undefined(name='bar') if l_1_bar is missing else l_1_bar))
            yield ' '
            yield str(environment.getattr(environment.getattr(l_1_f, 'snippet'), 'source'))
            yield '\n'
            yield str((undefined(name='gutter') if l_1_gutter is missing else l_1_gutter))
            yield ' '
            yield str((undefined(name='bar') if l_1_bar is missing else l_1_bar))
            yield ' '
            yield str((' ' * environment.getattr(environment.getattr(l_1_f, 'snippet'), 'indent')))
            yield str(t_2(('^' * environment.getattr(environment.getattr(l_1_f, 'snippet'), 'width')), environment.getattr(l_1_f, 'severity')))
            yield '\n'
        for l_2_r in environment.getattr(l_1_f, 'remarks'):
            _loop_vars = {}
            pass
            yield str((undefined(name='gutter') if l_1_gutter is missing else l_1_gutter))
            yield ' '
            yield str(t_2('=', 'quiet'))
            yield ' '
            yield str(environment.getattr(l_2_r, 'where'))
            yield str(t_2(environment.getattr(l_2_r, 'label'), environment.getattr(l_2_r, 'style')))
            yield str(t_1(environment.getattr(l_2_r, 'text'), (environment.getattr(l_1_f, 'margin') + 3), environment.getattr(l_2_r, 'lead')))
            yield '\n'
        l_2_r = missing
        for l_2_d in environment.getattr(l_1_f, 'diff'):
            _loop_vars = {}
            pass
            yield str((undefined(name='gutter') if l_1_gutter is missing else l_1_gutter))
            yield ' '
            yield str((undefined(name='bar') if l_1_bar is missing else l_1_bar))
            yield ' '
            yield str(t_2(str_join((environment.getattr(l_2_d, 'sign'), environment.getattr(l_2_d, 'text'), )), environment.getattr(l_2_d, 'style')))
            yield '\n'
        l_2_d = missing
        yield '\n'
    l_1_f = l_1_gutter = l_1_bar = missing
    yield str((undefined(name='summary') if l_0_summary is missing else l_0_summary))

blocks = {}
debug_info = '1=25&2=29&3=31&4=33&5=40&6=42&7=46&8=52&10=59&11=62&13=71&14=74&18=83'
