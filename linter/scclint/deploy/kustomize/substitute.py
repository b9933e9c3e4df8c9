"""Variables in what kustomize built, replaced as Flux does it: https://github.com/fluxcd/pkg/tree/main/envsubst."""

import re
from collections.abc import Callable, Mapping

_VARIABLE = re.compile(r"\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)(\^\^?|,,?|:?[-=?+]|##?|%%?|//?|:)?([^{}]*)\}")
_NUMBER = re.compile(r"\s*-?\d+\s*")
_DISABLED = re.compile(r"^    kustomize\.toolkit\.fluxcd\.io/substitute: ['\"]?disabled['\"]?$", re.M)
_DOCUMENT = re.compile(r"^---$", re.M)


def substituted(text: str, variables: Mapping[str, str], *, whole: bool) -> str:
    """What a build writes, with the variables replaced in each object that does not switch this off.

    `whole` says whether these are all variables: another one is then empty, as in Flux, and else stays.
    """
    parts = _DOCUMENT.split(text)
    return "---".join(part if _DISABLED.search(part) else _filled(part, variables, whole) for part in parts)


def _filled(text: str, variables: Mapping[str, str], whole: bool) -> str:
    def value(match: "re.Match[str]") -> str:
        escaped, name, operator, argument = match.groups()
        if escaped:
            return match[0][1:]
        if name not in variables and not whole and (operator or "").strip(":") not in ("-", "=", "+", "?"):
            return match[0]
        return _value(variables.get(name, ""), operator or "", argument)

    return _VARIABLE.sub(value, text)


_CHANGES: Mapping[str, Callable[[str], str]] = {
    "^^": str.upper,
    ",,": str.lower,
    "^": lambda value: value[:1].upper() + value[1:],
    ",": lambda value: value[:1].lower() + value[1:],
}


def _value(value: str, operator: str, argument: str) -> str:
    if operator in _CHANGES:
        return _CHANGES[operator](value)
    if operator in ("/", "//"):
        old, _, new = argument.partition("/")
        return value.replace(old, new, -1 if operator == "//" else 1)
    if operator == ":" and all(map(_NUMBER.fullmatch, argument.split(":"))):
        start, *length = map(int, argument.split(":"))
        return value[start:][: length[0]] if length else value[start:]
    if operator[:1] == "#":
        return value.removeprefix(argument)
    if operator[:1] == "%":
        return value.removesuffix(argument)
    return value or argument
