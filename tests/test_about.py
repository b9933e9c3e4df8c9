"""Every link to the project leads to the addresses in `scclint.about`."""

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from scclint.about import IMAGE, REPOSITORY, SITE, rule_page
from scclint.registry import builtin

ROOT = Path(__file__).parents[1]
FOLDERS = (".github", "changes", "docs", "editors", "integrations", "linter", "rules", "schemas", "tools")
RAW = REPOSITORY.replace("//github.com/", "//raw.githubusercontent.com/")
LINK = re.compile(r"https://(?:(?:raw\.)?github(?:usercontent)?\.com|[\w-]+\.github\.io)/[\w./#-]*scclint[\w./#-]*")


@pytest.fixture
def pages_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_pages", ROOT / "docs" / "_site" / "pages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages() -> Iterator[Path]:
    yield from ROOT.glob("*.*")
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*.*") if "node_modules" not in path.parts)


def test_links_lead_home() -> None:
    found = 0
    for page in pages():
        if page.suffix not in (".md", ".py", ".json", ".yml", ".yaml", ".toml"):
            continue
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            found += 1
            assert link.startswith((REPOSITORY, RAW, SITE)), f"{page.relative_to(ROOT)}: {link}"
        for image in re.findall(r"\b(?:ghcr|quay)\.io/[\w./-]*scclint", page.read_text(encoding="utf-8")):
            assert image == IMAGE, f"{page.relative_to(ROOT)}: {image}"
    assert found > 10


def test_the_package_and_the_site_have_the_same_addresses() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"]["Documentation"] == SITE
    assert project["urls"]["Repository"] == REPOSITORY
    assert re.findall(r"^site_url: (.*)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE) == [SITE]


def test_the_site_has_the_page_that_reports_link_to(pages_module: ModuleType) -> None:
    built = {f"{SITE}{uri.removesuffix('.md')}/" for uri in pages_module.generated(ROOT)}
    assert {rule_page(rule.name) for rule in builtin()} <= built
    assert (ROOT / "docs" / "compare-changes.md").exists()
