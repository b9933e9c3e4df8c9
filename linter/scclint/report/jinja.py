"""Render the Jinja templates of the package.

To import Jinja takes half as long as a run over one file, so `full` and `concise`, the formats of most runs, have no template.
"""

from collections.abc import Callable, Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

Filter = Callable[..., str]


def render(name: str, literal: Filter, filters: Mapping[str, Filter], **values: object) -> str:
    """Return templates/`name`.j2 rendered with `values`. Raises UndefinedError for a value that is missing.

    `literal` escapes each text that the template shows, so that it appears as it is and controls nothing. What one of `filters` or a
    macro returns is markup and stays.
    """
    environment = Environment(
        loader=PackageLoader("scclint.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    safe = environment.filters["safe"]
    environment.finalize = lambda value: value if hasattr(value, "__html__") else safe(literal(str(value)))
    environment.filters |= {title: _safe(function, safe) for title, function in filters.items()}
    return environment.get_template(f"{name}.j2").render(values)


def _safe(function: Filter, safe: Filter) -> Filter:
    return lambda *arguments: safe(function(*arguments))
