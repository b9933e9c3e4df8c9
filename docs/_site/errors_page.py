"""The part of docs/errors.md that is made from the table of `scclint explain --message`."""

import textwrap
from collections.abc import Iterator
from typing import Any

from scclint.data import read_json
from scclint.message import read
from scclint.registry import Registry, builtin

FIRST = "## SCC errors"
"""The heading with which that part begins."""

WIDTH = 138


def entries_of_the_page() -> str:
    """Return the sections of the page, as Markdown."""
    rules = builtin()
    return (
        "\n\n".join(
            text for section in read_json(read.__file__, "errors.json")["sections"] for text in _section(section, rules)
        )
        + "\n"
    )


def _section(section: dict[str, Any], rules: Registry) -> Iterator[str]:
    yield f"## {section['title']}"
    if section["lead"]:
        yield textwrap.fill(section["lead"], WIDTH)
    for entry in section["entries"]:
        found = "" if entry["messages"] == [entry["title"]] else f'data-message="{"|".join(entry["messages"])}"'
        marks = " ".join(filter(None, (found, 'data-common="true"' if entry.get("common") else "")))
        yield f"### {entry['title']}{f' {{ {marks} }}' if marks else ''}"
        yield "\n".join(["```text", *entry["example"], "```"])
        yield from (textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False) for text in entry["meaning"])
        yield textwrap.fill(
            f"**Fix:** {entry['fix'][:1].lower()}{entry['fix'][1:]}", WIDTH, break_long_words=False, break_on_hyphens=False
        )
        if entry["rules"]:
            yield f"**Rules:** {', '.join(f'[{id}](rules/{_name(rules, id)}.md)' for id in entry['rules'])}"


def _name(rules: Registry, id: str) -> str:
    rule = rules.find(id)
    assert rule is not None, id
    return rule.name
