"""The generated pages of the site, as Markdown. This module does not depend on mkdocs."""

import argparse
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from scclint.about import REPOSITORY
from scclint.apps.fleet.tables import KEY, TABLES, TARGETS
from scclint.apps.fleet.views import OF_TARGET, VIEWS
from scclint.cli.commands import EXIT_STATUS, build
from scclint.config.schema import load_schema
from scclint.registry import Registry, builtin
from scclint.report.rule_pages import facts, kind_words
from scclint.rule import AnyRule

RULE_INDEX = "rules/index.md"
EXAMPLE = re.compile(r"^## (Before|After)\n\n```yaml\n(.*?)\n```$", re.MULTILINE | re.DOTALL)

UNUSED_IDS = (
    *("SCC106", "SCC108", "SCC302", "SCC304", "SCC305", "SCC308", "SCC313", "SCC314"),
    *("PSA503", "SEC207", "SEC209", "SEC213", "SEC214", "SEC215", "SEC216", "SEC217", "SEC219"),
)
"""IDs of rules that were taken out before the first release."""

GROUPS = {
    "MAN": (
        "Manifests",
        "Documents that mean something else in the cluster than they appear to, or that the API server rejects.",
    ),
    "SCC1": ("Admission of workloads", "Which SCC admits the pod, if any, and whether it is the one that you want."),
    "SEC": ("Seccomp", "Which seccomp profile each container gets, and what prevents a better one."),
    "PSA": ("Pod Security", "Whether Pod Security admission accepts the pod that SCC admission leaves."),
    "SCC3": ("SCC objects", "SecurityContextConstraints that allow, affect or break more than they appear to."),
    "RBA": ("Grants", "Roles and bindings that let users and service accounts use an SCC."),
    "SUP": ("Suppressions", "Comments, annotations and configuration entries that suppress findings."),
}
"""For each beginning of a rule ID: the title and the description of the group."""


def generated(root: Path) -> dict[str, str]:
    """Return the text of each generated page by its path in the site. `root` is the folder of the project."""
    rules = builtin()
    return {
        RULE_INDEX: rule_index(rules),
        **{rule_uri(rule): rule_page(rule) for rule in rules},
        "reference/cli.md": command_line(),
        "reference/fleet.md": fleet_tables(),
        "reference/configuration.md": configuration(load_schema("config")),
        "project/contributing.md": root_page(root / "CONTRIBUTING.md"),
        "project/security.md": root_page(root / "SECURITY.md"),
    }


def root_page(path: Path) -> str:
    """Return the text of a file at the root, with its links to the pages in `docs/` adapted to the folder `project/`."""
    return path.read_text(encoding="utf-8").replace("](docs/", "](../")


def rule_uri(rule: AnyRule) -> str:
    return f"rules/{rule.name}.md"


def groups(rules: Registry) -> dict[str, list[AnyRule]]:
    """Return the rules by the title of their group. Raises StopIteration for a rule without a group."""
    found: dict[str, list[AnyRule]] = {title: [] for title, _ in GROUPS.values()}
    for rule in rules:
        prefix = next(prefix for prefix in GROUPS if rule.id.startswith(prefix))
        found[GROUPS[prefix][0]].append(rule)
    return found


def rule_page(rule: AnyRule) -> str:
    """Return the page of a rule: its title, its facts as labels, and its manual with the differences between the examples marked."""
    parts = [
        f"---\ntitle: {rule.id} {rule.name}\ndescription: {rule.title}\n---",
        f"# {rule.id} {rule.name}",
        f"**{rule.title}.**",
        " ".join(_labels(rule)),
        _with_differences(rule.page.strip()),
    ]
    if rule.references:
        parts.append("## References\n\n" + "\n".join(f"- <{url}>" for url in rule.references))
    return "\n\n".join(parts) + "\n"


def _labels(rule: AnyRule) -> Iterator[str]:
    first, *rest = facts(rule)
    yield f"*{first}*{{ .fact .{rule.heading} }}"
    for fact in rest:
        number = fact.removeprefix("CWE-")
        text = f"[{fact}](https://cwe.mitre.org/data/definitions/{number}.html)" if number.isdecimal() else f"*{fact}*"
        yield f"{text}{{ .fact }}"


def _with_differences(page: str) -> str:
    """Return the page with the lines marked that only one of the two examples has."""
    examples = {title: body.split("\n") for title, body in EXAMPLE.findall(page)}

    def marked(found: re.Match[str]) -> str:
        other = examples.get({"Before": "After", "After": "Before"}[found[1]], [])
        matcher = SequenceMatcher(None, other, found[2].split("\n"), autojunk=False)
        changed = [n + 1 for tag, _, _, start, end in matcher.get_opcodes() if tag != "equal" for n in range(start, end)]
        numbers = f' hl_lines="{" ".join(map(str, changed))}"' if changed else ""
        return f"## {found[1]}\n\n```yaml{numbers}\n{found[2]}\n```"

    return EXAMPLE.sub(marked, page)


def rule_index(rules: Registry) -> str:
    about = dict(GROUPS.values())
    parts = [
        "# Rules",
        f"scclint has {len(rules.rules)} rules. They report what happens to the pod in the cluster, not whether a field is present: "
        "scclint does not report a container that gets `RuntimeDefault` from its SCC.",
        "You can name a rule by its ID or its name, in options, in the configuration and in suppressions. "
        "The [kind](../managing-findings.md#kinds-of-facts) of a rule decides where its facts are printed. "
        "Advice is only counted: `--select advice` prints it. "
        "`scclint rule SEC201` shows the same page in the terminal. The [terms](../getting-started.md#terms) explain the words of the pages.",
    ]
    for title, found in groups(rules).items():
        rows = [(f"[{r.id}]({r.name}.md)", f"`{r.name}`", f"{{ .{r.heading} }}", kind_words(r), r.title) for r in found]
        lines = [f"| {id} | {name} | *{word}*{css} | {text} |" for id, name, css, word, text in rows]
        table = "\n".join(["| ID | Name | Kind | Reports |", "|---|---|---|---|", *lines])
        parts += [f"## {title}", about[title], f'<div class="rules" markdown>\n\n{table}\n\n</div>']
    parts += ["## Unused IDs", f"No rule has these IDs, and no rule will get one of them: {', '.join(UNUSED_IDS)}."]
    return "\n\n".join(parts) + "\n"


def command_line() -> str:
    """Return the reference of the command line, generated from the parser."""
    parser = build()
    parts = ["# Command line", _prose(parser.description or ""), *_exit_status()]
    for name, command in _commands(parser):
        parts += [f"## `scclint {name}`", *_description(command.description or ""), f"```text\n{_usage(command)}\n```"]
        for group in command._action_groups:
            actions = [action for action in group._group_actions if action.help != argparse.SUPPRESS]
            if actions:
                title = {"positional arguments": "arguments"}.get(group.title or "", group.title or "")
                rows = [f"| {_invocation(command, action)} | {_cell(_help(action))} |" for action in actions]
                parts += [f"### {title[:1].upper()}{title[1:]} {{ #{_slug(name)}-{_slug(title)} }}"]
                parts += ["\n".join(["| | |", "|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def _commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield each command with its name, commands of commands after their own: `fleet`, `fleet run`."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield f"{before}{name}", command
                yield from _commands(command, f"{before}{name} ")


def _exit_status() -> list[str]:
    found = re.findall(r"(?:^|\s{2,})(\d)  (.+?)(?=\s{3,}\d  |\n|$)", EXIT_STATUS)
    rows = [f"| {number} | {_cell(text)} |" for number, text in sorted(found)]
    return ["## Exit status", "\n".join(["| Status | Meaning |", "|---|---|", *rows])]


def _usage(parser: argparse.ArgumentParser) -> str:
    return " ".join(parser.format_usage().removeprefix("usage: ").split())


def _description(text: str) -> list[str]:
    """Return the paragraphs of a description; indented ones keep their layout."""
    blocks = [block for block in text.split("\n\n") if block.strip()]
    return [f"```text\n{_dedent(block)}\n```" if block.startswith("  ") else _prose(block) for block in blocks]


def _dedent(block: str) -> str:
    return "\n".join(line[2:] for line in block.split("\n"))


def _prose(text: str) -> str:
    return " ".join(text.split())


def _invocation(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    formatter = parser._get_formatter()
    if not action.option_strings:
        return f"`{formatter._format_action_invocation(action)}`"
    value = (
        "" if action.nargs == 0 else f" {formatter._format_args(action, formatter._get_default_metavar_for_optional(action))}"
    )
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


def _help(action: argparse.Action) -> str:
    return action.help or ""


def _cell(text: str) -> str:
    return _prose(text).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def fleet_tables() -> str:
    """Return the reference of the tables and views of a fleet, generated from their definitions."""
    types = {
        "text": "text",
        "texts": "list of texts",
        "number": "integer",
        "decimal": "decimal",
        "flag": "boolean",
        "time": "timestamp",
    }
    parts = [
        "# Tables of a fleet",
        "`scclint fleet sql` answers queries over these tables and views. They contain the finished scans. [Judge all repositories of a "
        "company](../fleet.md) shows how to use them.",
    ]
    for table in TABLES.values():
        before = OF_TARGET[:1] if table is TARGETS else OF_TARGET
        rows = [f"| `{column.name}` | {types[column.type]} | {column.meaning} |" for column in (*before, *table.columns)]
        parts += [f"## `{table.name}`", table.meaning, "\n".join(["| Column | Type | Meaning |", "|---|---|---|", *rows])]
    parts += [
        "## `scans`",
        "The finished scans: `scan` as in the other tables, `finished`, a timestamp, and `latest`, which is true for the newest one.",
        "## Views",
        "\n".join(["| View | Meaning |", "|---|---|", *(f"| `{view.name}` | {view.meaning} |" for view in VIEWS)]),
        "## Parquet files",
        f"The files have the same columns, except `team` and `target` in the tables of results, which have `{KEY.name}` in their place: "
        f"{KEY.meaning} The scan is the name of the folder.",
    ]
    return "\n\n".join(parts) + "\n"


def configuration(schema: Mapping[str, Any]) -> str:
    """Return the reference of the configuration file, generated from its schema."""
    parts = [
        "# Configuration",
        schema["description"],
        "`scclint config` prints the current settings and where each of them comes from. Editors that support JSON Schema can use "
        f"[the schema]({REPOSITORY}/blob/main/schemas/config.json) for completion and checks.",
        '```yaml title=".scclint.yaml"\n'
        'cluster:\n  openshift: ["4.18", "4.20"]\nexclude: [vendor/]\nfail-on: error\n'
        "per-path:\n  - path: tests/**\n    ignore: [SEC2]\n```",
        *_settings(schema, schema, "", 2),
    ]
    return "\n\n".join(parts) + "\n"


def _settings(node: Mapping[str, Any], schema: Mapping[str, Any], prefix: str, level: int) -> Iterator[str]:
    """Yield each setting below its heading, followed by its own settings or by a table of the keys of its items."""
    for key, written in node["properties"].items():
        setting = {**_resolve(written, schema), **written}
        name = f"{prefix}{key}"
        yield f"{'#' * level} `{name}` {{ #{_slug(name)} }}"
        yield setting["description"]
        if "properties" in setting and level == 2:
            yield from _settings(setting, schema, f"{name}.", level + 1)
            continue
        yield " · ".join(_setting_facts(setting, schema))
        yield from _entries(setting, schema)


def _setting_facts(setting: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"Type: {_type(setting, schema)}"
    default = setting.get("default")
    if default not in (None, "", [], {}):
        yield f"Default: `{_json(default)}`"
    examples = setting.get("examples", ())
    if examples:
        yield "Example: " + ", ".join(f"`{_json(example)}`" for example in examples)


def _entries(setting: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table of the keys of a mapping, of the items of a list, or of the values of a mapping with free keys."""
    values = setting.get("additionalProperties", {})
    for inner in (setting, _resolve(setting.get("items", {}), schema), values if isinstance(values, dict) else {}):
        rows = []
        for key, written in inner.get("properties", {}).items():
            entry = {**_resolve(written, schema), **written}
            needed = "; required" if key in inner.get("required", ()) else ""
            about = f"{entry['description']} *{_type(entry, schema)}{needed}*"
            rows.append(f"| `{key}` | {' '.join(about.split()).replace('|', chr(92) + '|')} |")
        if rows:
            yield "\n".join(["| | |", "|---|---|", *rows])


def _resolve(setting: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in setting:
        setting = schema["$defs"][setting["$ref"].removeprefix("#/$defs/")]
    return setting


def _type(setting: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    setting = _resolve(setting, schema)
    if "anyOf" in setting:
        return " or ".join(_type(branch, schema) for branch in setting["anyOf"])
    if "enum" in setting:
        return " or ".join(f"`{_json(value)}`" for value in setting["enum"])
    if setting["type"] == "array":
        return f"list of {_plural(_type(setting['items'], schema))}"
    if setting["type"] == "object" and isinstance(setting.get("additionalProperties"), dict):
        return f"mapping to {_plural(_type(setting['additionalProperties'], schema))}"
    return {"string": "text", "boolean": "true or false", "object": "mapping", "integer": "number"}[setting["type"]]


def _plural(word: str) -> str:
    return {"text": "texts", "mapping": "mappings"}.get(word, word)


def _json(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
