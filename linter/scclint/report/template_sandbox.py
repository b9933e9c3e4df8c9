"""The process in which a user's template runs: `{source, context}` as JSON in, `{text}` or `{error, line}` out."""

import contextlib
import json
import sys
from types import TracebackType
from typing import Any

from scclint.deploy.confine import limit
from scclint.limits import MAX_TEMPLATE_OUTPUT, TEMPLATE_CPU, TEMPLATE_MEMORY


def main() -> None:
    # Windows has no such limits; there the parent's timeout stands alone.
    with contextlib.suppress(ImportError):
        limit(TEMPLATE_MEMORY, TEMPLATE_CPU)
    job = json.load(sys.stdin)
    json.dump(render(job["source"], job["context"]), sys.stdout)


def render(source: str, context: dict[str, Any]) -> dict[str, object]:
    """Render `source`, which can use only `context` and the filters of Jinja: no files, and no attributes of Python objects."""
    from jinja2 import DictLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    env = ImmutableSandboxedEnvironment(
        loader=DictLoader({}), autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True
    )
    size = 0
    pieces = []
    try:
        for piece in env.from_string(source).generate(context):
            size += len(piece)
            if size > MAX_TEMPLATE_OUTPUT:
                return {"error": f"the output is longer than {MAX_TEMPLATE_OUTPUT:,} characters"}
            pieces.append(piece)
    except TemplateSyntaxError as error:
        return {"error": error.message or "syntax error", "line": error.lineno}
    except TemplateNotFound as error:
        return {"error": f"cannot include {str(error)!r}: a template stands alone", "line": _line(error.__traceback__)}
    except UndefinedError as error:
        hint = "the context is version, problems, access, gaps, advice, entries, summary, rules, units and workloads"
        return {"error": f"{error.message}; {hint}", "line": _line(error.__traceback__)}
    except TemplateError as error:
        return {"error": error.message or type(error).__name__, "line": _line(error.__traceback__)}
    except MemoryError:
        pieces.clear()
        return {"error": "the template uses more memory than a template may"}
    except Exception as error:
        # Whatever an expression raises (a wrong type, a division by zero, endless recursion) is the template's doing.
        return {"error": f"{type(error).__name__}: {error}", "line": _line(error.__traceback__)}
    return {"text": "".join(pieces)}


def _line(traceback: TracebackType | None) -> int:
    """The innermost line of the template in a traceback, which Jinja rewrites to template lines; 0 where there is none."""
    line = 0
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


if __name__ == "__main__":
    main()
