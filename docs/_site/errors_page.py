"""The part of docs/errors.md that is made from the table of `scclint explain --message`."""

import textwrap
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from scclint.files.package_data import read_json
from scclint.message import incidents
from scclint.message.incidents import ErrorKind, filled, kinds
from scclint.registry import Registry, builtin

FIRST = "## SCC errors"
"""The heading with which that part begins."""

WIDTH = 138


class _Names(dict[str, str]):
    """Facts that no message gives: each stands for itself in capitals, as in `oc debug POD`."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return name.upper()


def entries_of_the_page() -> str:
    """Return the sections of the page, as Markdown."""
    rules = builtin()
    by_title = {kind.title: kind for kind in kinds()}
    sections = read_json(incidents.__file__, "errors.json")["sections"]
    return "\n\n".join(text for section in sections for text in _section(section, by_title, rules)) + "\n"


def _section(section: dict[str, Any], by_title: dict[str, ErrorKind], rules: Registry) -> Iterator[str]:
    yield f"## {section['title']}"
    if section["lead"]:
        yield textwrap.fill(section["lead"], WIDTH)
    for entry in section["entries"]:
        kind = by_title[entry["title"]]
        attributes = {"message": "|".join(kind.messages), "pattern": quote(kind.pattern.replace("(?P<", "(?<"), safe="")}
        if kind.messages == (kind.title,):
            del attributes["message"]
        marks = [f'data-{name}="{value}"' for name, value in attributes.items() if value]
        marks += ['data-common="true"'] * kind.common
        listed = " ".join(marks)
        yield f"### {kind.title} {{ {listed} }}" if marks else f"### {kind.title}"
        yield "\n".join(["```text", *entry["example"], "```"])
        yield from (_wrapped(filled(kind, text, _Names())) for text in kind.meaning)
        fixes = [filled(kind, text, _Names()) for text in kind.fix]
        if len(fixes) == 1:
            yield _wrapped(f"**Fix:** {fixes[0][:1].lower()}{fixes[0][1:]}")
        else:
            yield "**Fix**, one of these:"
            yield "\n".join(_wrapped(f"- {text}", indent="  ") for text in fixes)
        if kind.ask:
            yield _wrapped(f"**To find out more:** {filled(kind, kind.ask, _Names())}")
        if kind.rules:
            yield f"**Rules:** {', '.join(f'[{id}](rules/{_name(rules, id)}.md)' for id in kind.rules)}"


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False, subsequent_indent=indent)


def _name(rules: Registry, id: str) -> str:
    rule = rules.find(id)
    assert rule is not None, id
    return rule.name
