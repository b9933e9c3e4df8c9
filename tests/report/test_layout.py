"""The package's templates are Jinja's: what is compiled of them gives what Jinja gives."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined

import scclint
from scclint.config.model import Config
from scclint.report import Options, layout, render

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "linter" / "scclint" / "report" / "templates"
REGENERATE = "run `python tools/compile_templates.py`"


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.j2")), ids=lambda path: path.name)
def test_what_is_compiled_is_of_the_template_as_it_is(template: Path) -> None:
    digest = sha256(template.read_bytes()).hexdigest()
    assert digest in template.with_suffix(".py").read_text("utf-8").partition("\n")[0], REGENERATE


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("format", ["full", "concise"])
def test_it_says_what_jinja_says(format: str, color: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = layout.render
    compared: list[str] = []

    def both(name: str, filters: Mapping[str, Callable[..., str]], **values: object) -> str:
        env = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        env.filters.update(filters)
        expected = env.from_string((TEMPLATES / f"{name}.j2").read_text("utf-8")).render(**values)
        assert compiled(name, filters, **values) == expected, REGENERATE
        compared.append(name)
        return expected

    monkeypatch.setattr(layout, "render", both)
    report = scclint.lint([str(ROOT / "fixtures")], Config(profile="strict", openshift=("4.11", "4.22")))
    text = render(report, format, Options(color=color, show_suppressed=True))
    assert compared == [format] and len(text.splitlines()) > len(report.live) > 500


def test_a_template_asks_for_nothing_that_is_not_there() -> None:
    with pytest.raises(NameError, match="the template asks for findings"):
        layout.render("concise", {"paint": str}, summary="")
    with pytest.raises(AttributeError):
        layout.render("concise", {"paint": str}, findings=[1], summary="")
    with pytest.raises(RuntimeError, match="No filter named 'paint'"):
        layout.render("concise", {}, findings=[type("Row", (), dict.fromkeys(("place", "rule"), ""))], summary="")
