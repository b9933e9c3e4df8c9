"""Operations on plain data, without a look at how its text is written."""

from typing import Any

from scclint.finding import Append, Deduplicate, Operation, Rename, Set
from scclint.text import field_path
from scclint.yaml.untyped import has


class EditRefused(Exception):
    """An edit cannot be applied without changing something else. The text says why, as a clause."""


def changed_data(data: Any, operation: Operation) -> Any:
    """Return `data` with the operation applied; `data` itself is changed.

    Raises EditRefused if the data has no place for it.
    """
    *way, last = operation.path
    holder = data
    for depth, step in enumerate(way):
        if (
            isinstance(step, str)
            and isinstance(holder, dict)
            and holder.get(step) is None
            and isinstance(operation, Set | Append)
        ):
            holder[step] = {}
        if not has(holder, (step,)):
            raise EditRefused(f"the document has no {field_path(operation.path[: depth + 1])}")
        holder = holder[step]
    if isinstance(operation, Set):
        if not isinstance(holder, dict) and not has(holder, (last,)):
            raise EditRefused(f"the document has no {field_path(operation.path[:-1])} to write to")
        holder[last] = operation.value
    elif isinstance(operation, Append):
        if isinstance(holder, dict) and holder.get(last) is None:
            holder[last] = []
        if not has(holder, (last,)) or not isinstance(holder[last], list):
            raise EditRefused(f"{field_path(operation.path)} is no list")
        holder[last].append(operation.value)
    elif not has(holder, (last,)):
        raise EditRefused(f"the document has no {field_path(operation.path)}")
    elif isinstance(operation, Rename):
        if operation.key in holder:
            raise EditRefused(f"{operation.key} is there as well")
        holder[operation.key] = holder.pop(last)
    elif not isinstance(operation, Deduplicate):
        del holder[last]
    return data
