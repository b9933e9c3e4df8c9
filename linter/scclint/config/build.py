"""Build the settings of a run: defaults, then the file, then the command line."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scclint.config.convert import convert
from scclint.config.merge import ConversionContext, Layers
from scclint.config.model import KEYS, Config
from scclint.config.raw import Raw, config_error, empty_config
from scclint.errors import UsageError
from scclint.finding import Severity
from scclint.rule import AnyRule, Rule
from scclint.source import Span

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
    if fields.get("profile") == "strict" and "fail_on" not in fields:
        yield "fail_on", Severity.INFO, "info", "profile strict"
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
    return Rule(id, declared.get("name", id.lower()), declared["message"], severity, object, lambda subject, world: (), "", "")
