"""Render the Jinja templates of the package.

To import Jinja takes almost as long as a run over one file, so `full` and `concise`, the formats of most runs, have no template.
"""

from collections.abc import Callable, Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

Filter = Callable[..., str]


def render(name: str, literal: Filter, filters: Mapping[str, Filter], **values: object) -> str:
    """Return templates/`name`.j2 rendered with `values`. Raises UndefinedError for a value that is missing.

    `literal` escapes each text that the template shows, so that it appears as it is and controls nothing. What one of `filters` or a
    macro returns is markup and stays.
    """
    environment = Environment(
        loader=PackageLoader("scclint.report"),
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else Markup(literal(str(value))),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for title, function in filters.items():
        environment.filters[title] = _markup(function)
    return environment.get_template(f"{name}.j2").render(values)


def _markup(function: Filter) -> Filter:
    return lambda *arguments: Markup(function(*arguments))
