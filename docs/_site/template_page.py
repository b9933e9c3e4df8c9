"""The page about the templates of users, generated from the schemas of what a template gets."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scclint.about import REPOSITORY
from scclint.config.schema import load_schema

INTRODUCTION = """# Your own report

`scclint check --template FILE` renders the report with a [Jinja2](https://jinja.palletsprojects.com) template.

```jinja
{% for fact in problems + access -%}
{{ fact.file }}:{{ fact.line }} {{ fact.rule }} {{ fact.text }}
{% endfor -%}
{{ summary.platform }}: {{ summary.findings.error }} errors
```

A template can come from a repository that you do not trust, so it runs in a sandbox: it cannot read files or include other templates, and
its time, memory and output are limited. All filters of Jinja2 are available, for example `tojson`, `replace` and `selectattr`.

If scclint finds a configuration with the setting `template` by itself, the template must be a regular file below the folder of the
configuration, and scclint shows control characters and commands of CI systems in its output as escapes. Pass the template with
`--template`, or the configuration with `--config`, if its output needs them.

Names and messages come from manifests. Escape them for your format, as the examples do: `{{ text | e }}` in HTML, and `tojson` in JSON."""

EXAMPLES = {
    "findings.csv.j2": ("A spreadsheet", "One row for each problem and each access, as CSV."),
    "page.html.j2": ("A page", "A page with the verdicts, and the facts by rule."),
    "slack.json.j2": (
        "A message in Slack",
        "The summary and the first ten errors, for an "
        "[incoming webhook](https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks):\n\n"
        "```bash\nscclint check --template slack.json.j2 deploy/ > message.json\n"
        'curl --json @message.json "$SLACK_WEBHOOK"\n```',
    ),
}
"""The title and the description of each template in docs/templates."""


def template_page(docs: Path) -> str:
    """Return the page: how to use a template, examples, and each field that a template gets. `docs` has the folder `templates`."""
    parts = [INTRODUCTION, "## Examples"]
    for name, (title, about) in EXAMPLES.items():
        text = (docs / "templates" / name).read_text(encoding="utf-8").rstrip()
        parts += [f"### {title}", about, f'```jinja title="{name}"\n{text}\n```']
    parts += ["## What a template gets", _promise()]
    for file in ("json_v1", "template"):
        parts += _objects(load_schema(file))
    return "\n\n".join(parts) + "\n"


def _promise() -> str:
    link = f"{REPOSITORY}/blob/main/schemas"
    return (
        "A template gets these values. Within version 1 we may add fields. We do not rename or remove a field or change its meaning. "
        f"The schemas are [json_v1.json]({link}/json_v1.json), which also describes `--format json`, and "
        f"[template.json]({link}/template.json)."
    )


def _objects(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table of the values that the schema describes, and one for each of its objects."""
    if "version" in schema["properties"]:
        yield "### Values of the json format"
    else:
        yield "### Values for templates only"
    yield _table(schema)
    for name, found in schema["$defs"].items():
        if "properties" in found:
            yield f"#### {name}"
            yield _table(found)


def _table(node: Mapping[str, Any]) -> str:
    rows = [f"| `{name}` | {_type(found)} | {_about(found)} |" for name, found in _fields(node, "")]
    return "\n".join(["| Field | Type | Meaning |", "|---|---|---|", *rows])


def _fields(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each field, followed by those inside of it that have no definition of their own."""
    for name, found in node["properties"].items():
        yield prefix + name, found
        items = found.get("items", {})
        for inner, mark in ((found, "."), (items, "[].")):
            if "properties" in inner:
                yield from _fields(inner, f"{prefix}{name}{mark}")
        for branch in found.get("oneOf", ()):
            if "properties" in branch:
                yield from _fields(branch, f"{prefix}{name}.")


def _type(found: Mapping[str, Any]) -> str:
    if "$ref" in found:
        name = found["$ref"].removeprefix("#/$defs/")
        return {"file": "text", "position": "number", "severity": "`error` or `warning`"}.get(name, f"[{name}](#{name})")
    if "oneOf" in found:
        return " or ".join(map(_type, found["oneOf"]))
    if "enum" in found:
        return ", ".join(f"`{json.dumps(value).strip(chr(34))}`" for value in found["enum"])
    if "const" in found:
        return f"`{found['const']}`"
    kinds = found["type"] if isinstance(found["type"], list) else [found["type"]]
    if kinds == ["array"]:
        return f"list of {_type(found['items'])}"
    words = {
        "string": "text",
        "integer": "number",
        "number": "number",
        "boolean": "true or false",
        "null": "`null`",
        "object": "mapping",
    }
    return " or ".join(words[kind] for kind in kinds)


def _about(found: Mapping[str, Any]) -> str:
    return str(found.get("description", "")).replace("|", "\\|").replace("<", "&lt;")
