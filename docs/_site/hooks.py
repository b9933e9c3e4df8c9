"""Hooks of mkdocs that add the generated pages to the site at each build."""

from pathlib import Path
from typing import Any

import pages
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from names_page import names_page
from template_page import template_page
from validation_page import validation_page

from scclint.registry import builtin


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the rules to the navigation, by group."""
    config.nav = [_with_rules(entry) for entry in config.nav or []]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    root = Path(config.config_file_path).parent
    generated = {
        **pages.generated(root),
        "reference/template.md": template_page(root / "docs"),
        "reference/names.md": names_page(),
        "reference/validation.md": validation_page(),
    }
    for uri, text in generated.items():
        files.append(File.generated(config, uri, content=text))
    return files


def _with_rules(entry: Any) -> Any:
    if entry != {"Rules": pages.RULE_INDEX}:
        return entry
    groups = [
        {title: [{f"{rule.id} {rule.name}": pages.rule_uri(rule)} for rule in rules]}
        for title, rules in pages.groups(builtin()).items()
    ]
    return {"Rules": [pages.RULE_INDEX, *groups]}
