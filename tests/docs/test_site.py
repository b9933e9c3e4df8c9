"""The generated pages contain every rule, option and setting. The site builds if mkdocs is installed."""

import importlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import scclint
import scclint.api
from scclint.cli.commands import build
from scclint.config.model import KEYS
from scclint.config.schema import load_schema
from scclint.registry import builtin
from scclint.rule import AnyRule

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_pages", ROOT / "docs" / "_site" / "pages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("rule", builtin().rules, ids=lambda rule: str(rule.id))
def test_every_rule_has_its_page(pages: ModuleType, rule: AnyRule) -> None:
    page = pages.generated(ROOT)[f"rules/{rule.name}.md"]
    assert page.startswith(f"---\ntitle: {rule.id} {rule.name}\n")
    assert f"{{ .fact .{rule.heading} }}" in page
    assert "## How to fix it" in page
    assert f"[{rule.id}]({rule.name}.md)" in pages.rule_index(builtin())


def test_differences_between_examples_are_marked(pages: ModuleType) -> None:
    page = pages._with_differences(
        "Text.\n\n## Before\n\n```yaml\na: 1\nb: 2\n```\n\n## After\n\n```yaml\na: 1\nb: 3\nc: 4\n```"
    )
    assert '## Before\n\n```yaml hl_lines="2"\na: 1' in page
    assert '## After\n\n```yaml hl_lines="2 3"\na: 1' in page


def test_the_command_line_has_every_option(pages: ModuleType) -> None:
    text = pages.command_line()
    for name, command in pages._commands(build()):
        assert f"## `scclint {name}`" in text
        section = text.partition(f"## `scclint {name}`")[2].partition("\n## ")[0]
        for option in command._option_string_actions:
            assert f"`{option}" in section, f"{name} {option}"
    statuses = re.findall(r"^\| (\d) \| (.+) \|$", text, re.MULTILINE)
    assert [number for number, _ in statuses] == list("01234")


def test_the_configuration_has_every_setting(pages: ModuleType) -> None:
    text = pages.configuration(load_schema("config"))
    for key in KEYS.values():
        assert f" `{'.'.join(key)}` {{" in text
    assert "| `until` | The last day on which it holds" in text
    assert "Default: `access`" in text


def test_every_name_of_the_api_has_a_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_site"))
    text = importlib.import_module("names_page").names_page()
    for module in (scclint, scclint.api):
        assert {name for name in module.__all__ if f"| `{name}` |" not in text} == set()
    meanings = re.findall(r"^\| `\w+` \| *(.*) \|$", text, re.MULTILINE)
    assert [meaning for meaning in meanings if not meaning or meaning.startswith(("Call:", "Members:"))] == []


def test_the_page_of_what_is_validated_has_every_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_site"))
    page = importlib.import_module("validation_page")
    found = {path.stem for path in (ROOT / "linter" / "scclint" / "validation").glob("*.py") if "check_" in path.read_text()}
    # `validate` calls the checks of the others.
    assert {module.__name__.rpartition(".")[2] for module in page.MODULES.values()} == found - {"validate"}
    assert (
        "| `validateResourceClaimNames`: each claim, or request of it, is one of the pod and is named once. |"
        in page.validation_page()
    )


def test_the_site_builds(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="needs the extra `docs`")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    built = sorted((tmp_path / "site").rglob("*.html"))
    assert (tmp_path / "site" / "rules" / "unconfined" / "index.html") in built
    for page in built:
        loaded = re.findall(
            r'<(?:script|img|iframe)[^>]* src="?(https?:[^"> ]+)|<link[^>]* href="?(https?:[^"> ]+\.(?:css|woff2?))',
            page.read_text(encoding="utf-8"),
        )
        assert loaded == [], f"{page}: loads {loaded} from elsewhere"
