"""Build the settings of a run: defaults, then the file, then the command line; converted, and checked beyond their schema."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from scclint.cluster.addons import unknown_addon
from scclint.config import records
from scclint.config.model import KEYS, Config
from scclint.config.raw import Raw, config_error, empty_config
from scclint.config.selection import unknown_selector
from scclint.errors import UsageError
from scclint.files import Reach, is_below, is_text
from scclint.finding import Ignore, Path, Severity
from scclint.objects.image import ImageFacts
from scclint.platform.releases import minor_release
from scclint.record import record
from scclint.rule import AnyRule, Rule
from scclint.source import Span
from scclint.yaml import untyped

if TYPE_CHECKING:
    from scclint.objects.image import ImageFacts

VERSIONS = ("openshift", "kubernetes")
"""The settings that hold versions of a cluster, each named after its platform."""


def build_config(raw: Raw | None, rules: Sequence[AnyRule], options: Mapping[str, Any]) -> Config:
    """The settings of a run.

    `rules` are those that can run, without the declared ones of the file. `options` are the settings that the command line
    gave, by field of `Config`, of the shape that a file would give them: `{"fail_on": "error", "openshift": ["4.16", "4.20"]}`.
    One that is None is not given.

    Raises ConfigError with everything that is wrong with the file, or UsageError with what is wrong with the options.
    """
    layers = Layers(raw or empty_config(), {field: value for field, value in options.items() if value is not None})
    mistakes: list[tuple[Span | None, str]] = [(layers.raw.key_at(m.path), m.message) for m in layers.raw.mistakes]
    declared = tuple(_selectable(d) for d in layers.written("rules") or () if d is not None)
    fields: dict[str, Any] = {}
    origins: dict[str, str] = {}
    settings: dict[str, Any] = {}
    for field, key in KEYS.items():
        value = layers.value(field)
        if value is None:
            continue
        selectable = rules if field == "rules" else (*rules, *declared)
        fields[field] = convert(value, ConversionContext(field, layers, selectable, mistakes))
        settings[".".join(key)], origins[".".join(key)] = value, layers.origin(field)
    for field, value, plain, reason in _implied(fields, layers.options):
        fields[field] = value
        key = KEYS[field]
        settings[".".join(key)], origins[".".join(key)] = plain, reason
    for field, mistake in _wrong_outputs(fields):
        ConversionContext(field, layers, rules, mistakes).mistake((), mistake)
    in_file = [(place, message) for place, message in mistakes if place is not None]
    if in_file:
        raise config_error(layers.raw.file, in_file)
    if mistakes:
        raise UsageError("\n".join(message for _, message in mistakes))
    return Config(layers.raw.file, layers.root, layers.raw.found, **fields, settings=settings, origins=origins)


def _implied(fields: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[tuple[str, Any, str, str]]:
    """Return the values that one setting implies for unset ones: field, value, plain value, origin."""
    if "platform" in options:
        return
    # An option that names a version selects its platform, even if the file selects the other.
    platforms = [platform for platform in VERSIONS if platform in options]
    if platforms == ["openshift"] and fields.get("platform", "kubernetes") != "kubernetes":
        return
    if len(platforms) == 1:
        yield "platform", platforms[0], platforms[0], "command line"
    elif "platform" not in fields and "kubernetes" in fields and "openshift" not in fields:
        yield "platform", "kubernetes", "kubernetes", "cluster.kubernetes"


def _wrong_outputs(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the formats and their files: the field and the mistake."""
    formats, outputs = fields.get("format", Config().format), fields.get("output", ())
    if outputs and len(outputs) != len(formats):
        yield "output", (f"{len(outputs)} for {len(formats)} formats: each format needs one, `-` is standard output")
    elif len(formats) > 1 and not outputs:
        yield "format", (f"{len(formats)} formats need an output each, `-` is standard output")


def _selectable(declared: Mapping[str, Any]) -> AnyRule:
    """A declared rule, as far as selectors are concerned."""
    id = declared["id"]
    severity = Severity(declared.get("severity", "warning"))
    name, message = declared.get("name", id.lower()), declared["message"]
    return Rule(id, name, message, "problem", severity, None, object, lambda subject, world: (), page="", since="")


ADDED_UP = frozenset({"extend_select", "params"})
"""Fields where an option adds to the file; elsewhere it replaces."""

SET_ASIDE_BY_SELECT = frozenset({"select", "extend_select", "ignore"})


@record
class Layers:
    """`raw` is the file, and `options` what the command line gave, by field of `Config`."""

    raw: Raw
    options: Mapping[str, Any]

    @property
    def root(self) -> str:
        return os.path.dirname(self.raw.file) or "."

    def written(self, field: str) -> Any:
        """Return the value in the file unless the command line overrides it; None if there is none."""
        if "select" in self.options and field in SET_ASIDE_BY_SELECT:
            return None
        if "format" in self.options and field == "output":
            return None
        return untyped.value_at(self.raw.data, KEYS[field])

    def value(self, field: str) -> Any:
        """Return the plain value that applies, or None if it is unset."""
        option, written = self.options.get(field), self.written(field)
        if option is None or written is None or field not in ADDED_UP:
            return written if option is None else option
        return {**written, **option} if isinstance(written, dict) else [*written, *option]

    def origin(self, field: str) -> str:
        """Return where the value that applies was set: `FILE:LINE`, `command line`, or both."""
        sources = []
        if self.written(field) is not None and (field not in self.options or field in ADDED_UP):
            sources.append(f"{self.raw.file}:{self.place(field).line}")
        if field in self.options:
            sources.append("command line")
        return ", ".join(sources)

    def place(self, field: str, path: Path = ()) -> Span:
        """Return the place at which the file sets a field, or a part of it."""
        return self.raw.key_at((*KEYS[field], *path))


@record
class ConversionContext:
    """What a converter needs: its field, the layers, the rules that selectors can match, and the list to which it adds mistakes.

    A mistake has its place if it is in the file, and None if it is on the command line.
    """

    field: str
    layers: Layers
    rules: Sequence[AnyRule]
    mistakes: list[tuple[Span | None, str]]

    @property
    def by_option(self) -> bool:
        return self.field in self.layers.options

    def mistake(self, path: Path, message: str) -> None:
        option = f"--{self.field.replace('_', '-')}: "
        self.mistakes.append((None, option + message) if self.by_option else (self.place(*path), message))

    def place(self, *path: str | int) -> Span:
        return self.layers.place(self.field, path)


OUTPUT_SUFFIXES = (".json", ".sarif", ".xml", ".md", ".txt", ".html", ".csv")
"""Allowed suffixes of the files to which a configuration writes reports."""


def convert(value: Any, context: ConversionContext) -> Any:
    """Return the value as the field of `Config` has it. Mistakes go to the context."""
    converter = _CONVERTERS.get(context.field)
    return converter(value, context) if converter else value


def strings(value: Any) -> tuple[str, ...]:
    """Return one text or a list of texts as a tuple."""
    return (value,) if isinstance(value, str) else tuple(text for _, text in _items(value))


def _items(value: Any) -> Iterator[tuple[int, Any]]:
    """Return the items of a list with their index, without those that the schema rejects."""
    return ((index, item) for index, item in enumerate(value) if item is not None)


def _path(value: Any, context: ConversionContext, *at: str | int) -> str:
    """Return a path that is relative to the configuration file as a path from the working directory.

    A configuration that scclint found by itself belongs to the checked folder, and a report may quote the files that it names.
    """
    path = _from_here(value, context)
    if path and _is_foreign(context) and not Reach(context.layers.root).has(path):
        outside = "lies outside the folder of the configuration and the git work tree around it"
        context.mistake(at, f"{value!r} {outside}; to read it, pass the configuration with --config")
    return path


def _from_here(value: Any, context: ConversionContext) -> str:
    return value if context.by_option or not value else os.path.normpath(os.path.join(context.layers.root, value))


def _is_foreign(context: ConversionContext) -> bool:
    return context.layers.raw.found and not context.by_option


def _template(value: Any, context: ConversionContext) -> str:
    path = _from_here(value, context)
    if path and _is_foreign(context) and (problem := _unsafe_template(value, context.layers.root)):
        context.mistake((), f"{value!r} {problem}; put the template beside the configuration, or pass it with --template")
    return path


def _unsafe_template(name: str, root: str) -> str:
    """Why the configuration of a checked folder may not choose a template, empty if it may: its text is printed."""
    if not is_text(name):
        return "is not a path"
    inside = os.path.realpath(root)
    named = os.path.normpath(os.path.join(inside, name))
    real = os.path.realpath(named)
    return _first_true(
        {
            "lies outside the folder of the configuration": not is_below(named, inside),
            "is a link, or lies in a linked folder": real != named,
            "is not a regular file": os.path.exists(real) and not os.path.isfile(real),
        }
    )


def _addons(value: Any, context: ConversionContext) -> tuple[str, ...]:
    names = strings(value)
    # Those of the command line are looked up where they are used.
    for index, name in enumerate(() if context.by_option else names):
        if problem := unknown_addon(name):
            context.mistake((index,), problem)
    return names


def _paths(value: Any, context: ConversionContext) -> tuple[str, ...]:
    return tuple(_path(name, context, index) for index, name in _items([value] if isinstance(value, str) else value))


def _outputs(value: Any, context: ConversionContext) -> tuple[str, ...]:
    """Names of files to write."""
    names = strings(value)
    for index, name in enumerate(() if context.by_option else names):
        if name != "-" and (problem := _unsafe_output(name, context.layers.root)):
            context.mistake((index,), f"{name!r} {problem}; use --output for that")
    return tuple(name if name == "-" else _path(name, context) for name in names)


def _unsafe_output(name: str, root: str) -> str:
    """Why a configuration may not choose the file to write, empty where it may.

    It comes with the linted tree: it must not have anything written over that this user or git runs later (`.git/config`, a
    script of an environment), and templates let it choose what is written, too.
    """
    inside = os.path.realpath(root)
    target = os.path.realpath(os.path.join(inside, name.replace("\0", "/../..")))
    is_hidden = any(part.startswith(".") for part in os.path.relpath(target, inside).split(os.sep))
    return _first_true(
        {
            "lies outside the folder of the configuration": os.path.commonpath((inside, target)) != inside,
            "is a hidden file, or lies in a hidden folder": is_hidden,
            "is not a regular file": os.path.exists(target) and not os.path.isfile(target),
            f"does not end like a report, in one of {', '.join(OUTPUT_SUFFIXES)}": not target.endswith(OUTPUT_SUFFIXES),
        }
    )


def _first_true(problems: Mapping[str, bool]) -> str:
    """Return the first problem that is there; empty for none."""
    return next((problem for problem, is_there in problems.items() if is_there), "")


def _selectors(value: Any, context: ConversionContext, path: Path = ()) -> tuple[str, ...]:
    _check_selectors({path: value} if isinstance(value, str) else {(*path, index): s for index, s in _items(value)}, context)
    return strings(value)


def _severities(value: Any, context: ConversionContext, path: Path = ()) -> dict[str, Severity]:
    _check_selectors({(*path, selector): selector for selector in value}, context)
    return {selector: Severity(word) for selector, word in value.items()}


def _check_selectors(selectors: Mapping[Path, str], context: ConversionContext) -> None:
    for path, selector in selectors.items():
        if problem := unknown_selector(selector, context.rules):
            context.mistake(path, problem)


def _per_path(value: Any, context: ConversionContext) -> tuple[records.PathRules, ...]:
    narrowed = "select" in context.layers.options
    entries = []
    for index, item in _items(value):
        select = _selectors(item.get("select", ()), context, (index, "select"))
        ignore = _selectors(item.get("ignore", ()), context, (index, "ignore"))
        severity = _severities(item.get("severity", {}), context, (index, "severity"))
        entries.append(records.PathRules(strings(item["path"]), () if narrowed else select, ignore, severity))
    return tuple(entries)


def _ignores(value: Any, context: ConversionContext) -> tuple[Ignore, ...]:
    return tuple(
        Ignore(
            by="config",
            rules=_selectors(item["rule"], context, (index, "rule")),
            span=context.place(index),
            paths=strings(item.get("path", ())),
            kind=item.get("kind", ""),
            namespace=item.get("namespace", ""),
            name=item.get("name", ""),
            container=item.get("container", ""),
            reason=item.get("reason", ""),
            until=_date(item.get("until"), context, (index, "until")),
        )
        for index, item in _items(value)
    )


def _date(text: str | None, context: ConversionContext, path: Path) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        context.mistake(path, f"{text!r} is no day of the calendar")
        return None


def _namespaces(value: Any, context: ConversionContext) -> tuple[records.NamespaceFacts, ...]:
    return tuple(_record(records.NamespaceFacts, {"labels": {}, **facts}, name=name) for name, facts in value.items())


R = TypeVar("R")


def _record(made: Callable[..., R], item: Mapping[str, Any], **more: Any) -> R:
    """Return an item of the configuration as a record whose fields are called like its keys. `more` replaces some."""
    return made(**{key.replace("-", "_"): value for key, value in item.items()} | more)


def _grants(value: Any, context: ConversionContext) -> tuple[records.GrantFacts, ...]:
    grants = []
    for index, item in _items(value):
        subject_keys = [key for key in ("service-account", "group", "user") if key in item]
        if len(subject_keys) != 1:
            named = " and ".join(subject_keys) or "none"
            context.mistake((index,), f"a grant names one of service-account, group or user, not {named}")
        elif subject_keys == ["service-account"] and "namespace" not in item:
            context.mistake((index,), "a grant to a service account needs the account's namespace")
        grants.append(_record(records.GrantFacts, item))
    return tuple(grants)


def _node_pools(value: Any, context: ConversionContext) -> tuple[records.NodePoolFacts, ...]:
    return tuple(
        records.NodePoolFacts(pool["name"], pool.get("seccompDefault", False), pool.get("nodeSelector", {}))
        for _, pool in _items(value)
    )


def _pod_templates(value: Any, context: ConversionContext) -> tuple[records.PodTemplate, ...]:
    return tuple(records.PodTemplate(t["apiVersion"], t["kind"], tuple(t["path"].split("."))) for _, t in _items(value))


def _images(value: Any, context: ConversionContext) -> "tuple[ImageFacts, ...]":
    for name, item in value.items():
        _path(item.get("file", ""), context, name, "file")
    places = ((name, item, context.place(name)) for name, item in value.items())
    return tuple(_record(ImageFacts, item, name=name, source=f"{at.file}:{at.line}") for name, item, at in places)


def _units(value: Any, context: ConversionContext) -> tuple[records.UnitSettings, ...]:
    for index, item in _items(value):
        for name in ("", *strings(item.get("values", ()))):
            _path(os.path.normpath(os.path.join(item["path"], name)), context, index, "values" if name else "path")
    return tuple(
        _record(
            records.UnitSettings,
            item,
            span=context.place(index),
            values=strings(item.get("values", ())),
            set=strings(item.get("set", ())),
        )
        for index, item in _items(value)
    )


def _declared_rules(value: Any, context: ConversionContext) -> tuple[records.DeclaredRule, ...]:
    names = {word: rule.id for rule in context.rules for word in (rule.id, rule.name)}
    rules = []
    for index, item in _items(value):
        id, name = item["id"], item.get("name", item["id"].lower())
        for key, word in (("id", id), ("name", name)):
            if word in names:
                context.mistake((index, key), f"{word!r} is already taken by {names[word]}")
        names |= {id: id, name: id}
        rules.append(
            records.DeclaredRule(
                id=id,
                name=name,
                message=item["message"],
                severity=Severity(item.get("severity", "warning")),
                expr=item["expr"],
                kind=item.get("kind", ""),
                at=item.get("at", ""),
                help=item.get("help", ""),
                span=context.place(index),
                expr_span=context.layers.raw.value_at(("rules", index, "expr")),
            )
        )
    return tuple(rules)


_CONVERTERS: Mapping[str, Callable[[Any, ConversionContext], Any]] = {
    "openshift": lambda value, context: tuple(dict.fromkeys(map(minor_release, strings(value)))),
    "addons": _addons,
    "cluster_state": _paths,
    "creator": lambda value, context: records.Creator(value["user"], strings(value.get("groups", ()))),
    "namespaces": _namespaces,
    "grants": _grants,
    "node_pools": _node_pools,
    "exclude": lambda value, context: strings(value),
    "images": _images,
    "pod_templates": _pod_templates,
    "helm_chart": _path,
    "helm_values": _paths,
    "helm_set": lambda value, context: strings(value),
    "units": _units,
    "profile_dirs": _paths,
    "select": _selectors,
    "extend_select": _selectors,
    "ignore": _selectors,
    "severity": _severities,
    "per_path": _per_path,
    "ignores": _ignores,
    "rules": _declared_rules,
    "rule_modules": lambda value, context: strings(value),
    "format": lambda value, context: strings(value),
    "output": _outputs,
    "template": _template,
}
