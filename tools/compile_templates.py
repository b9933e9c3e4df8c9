"""Compile the report stage's own Jinja templates to Python, each to a module beside it.

Development only; run it after a template has changed. To load Jinja takes longer than all else a run over one file does, and
to run what its compiler makes of a template does not need it (see `scclint.report.layout`).
"""

from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, StrictUndefined

TEMPLATES = Path(__file__).parents[1] / "linter" / "scclint" / "report" / "templates"

HEAD = '''"""Made from {name}.j2 (sha256 {digest}) by tools/compile_templates.py. Do not edit."""

# ruff: noqa
# mypy: ignore-errors
# fmt: off
from scclint.report.layout import *

environment = None
'''


def environment() -> Environment:
    """How the templates are written. Nothing is worked out ahead of time, for colours are known when they are rendered."""
    made = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, optimized=False)
    # The compiler asks only whether they exist.
    made.filters.update(paint=str, hang=str)
    return made


def compiled(template: Path) -> str:
    """The module for a template."""
    source = template.read_text(encoding="utf-8")
    head = HEAD.format(name=template.stem, digest=sha256(source.encode()).hexdigest())
    code = environment().compile(source, name=template.name, filename=template.name, raw=True)
    return head + code.partition("\n")[2] + "\n"


def main() -> None:
    for template in sorted(TEMPLATES.glob("*.j2")):
        template.with_suffix(".py").write_text(compiled(template), encoding="utf-8")


if __name__ == "__main__":
    main()
