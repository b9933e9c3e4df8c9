"""What an image is made of: reads a Containerfile or Dockerfile, and the saved configuration of an image."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from json import loads

from scclint.model.image import Image
from scclint.yaml.untyped import as_mapping, as_text

_ESCAPE = re.compile(r"#\s*escape\s*=\s*`", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?[\"']?([A-Za-z_]\w*)")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::-([^{}$]*))?\})")
_ASSIGNED = re.compile(r"(?<!\S)(\w+)=(\"[^\"]*\"|'[^']*'|\S*)")
_PORT = re.compile(r"([0-9]{1,5})(?:-[0-9]{1,5})?(?:/\w+)?")
_PRIVATE = re.compile(r"\bchmod\s+(?:-\w+\s+)?0?700\s+(?!\S*\.ssh)")
_SHARED = re.compile(r"\bchmod\s+(?:-\w+\s+)?\S*g[=+]|\bchgrp\b")

Base = Callable[[str], Image | None]


def read_image_config(text: str, source: str) -> Image | None:
    """Return what the configuration of an image says, as `podman inspect` and `skopeo inspect --config` print it; None if it is none."""
    try:
        data = loads(text)
    except (ValueError, RecursionError):
        return None
    found = as_mapping(data[0] if isinstance(data, list) and data else data)
    if not {"config", "Config", "rootfs", "RootFS"} & found.keys():
        return None
    config = as_mapping(found.get("config") or found.get("Config"))
    user, exposed = as_text(config.get("User")), as_mapping(config.get("ExposedPorts"))
    return Image(user.partition(":")[0], _ports(exposed), source=source)


def read_containerfile(text: str, file: str, target: str = "", base: Base = lambda name: None) -> Image | None:
    """Return what the image has that a Containerfile builds, or its stage `target`; None if it builds none.

    `base` returns what is known of an image that it builds on. `file` is how the source of the facts is called.
    """
    stages: dict[str, tuple[Image, dict[str, str]]] = {}
    variables: dict[str, str] = {}
    before_stages = variables
    image, shared, name = None, False, ""
    for line, keyword, rest in _instructions(text):
        if keyword == "FROM":
            words = [word for word in rest.split() if not word.startswith("--")] or [""]
            named = _filled(words[0], before_stages) or ""
            found = stages.get(named.lower())
            # Nothing describes another image. The empty one names no user.
            image = found[0] if found else base(named) or Image("" if named == "scratch" else None)
            image = image._replace(source=image.source or f"{file}:{line}")
            variables, shared = dict(found[1] if found else ()), False
            name = words[2].lower() if len(words) > 2 else str(len(stages))
        elif keyword in ("ARG", "ENV"):
            pairs = _ASSIGNED.findall(rest) or [rest.partition(" ")[::2] if keyword == "ENV" else (rest, f"${rest}")]
            filled = ((key, _filled(value, {**before_stages, **variables})) for key, value in pairs)
            variables.update({key: value for key, value in filled if value is not None})
        elif image is not None and keyword == "USER":
            user = _filled(rest, variables)
            image = image._replace(user=user and user.partition(":")[0], source=f"{file}:{line}")
        elif image is not None and keyword == "EXPOSE":
            exposed = _ports(filter(None, (_filled(word, variables) for word in rest.split())))
            image = image._replace(ports=sorted({*image.ports, *exposed}))
        elif image is not None and keyword == "RUN":
            shared = shared or _SHARED.search(rest) is not None
            image = image._replace(own_user=not shared and (image.own_user or _PRIVATE.search(rest) is not None))
        if image is not None:
            stages[name] = image, variables
    return stages.get(target.lower(), (None,))[0] if target else image


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the keyword and the rest of each instruction, with lines that are continued joined and heredocs added."""
    lines = enumerate(text.splitlines(), 1)
    escape = "`" if any(map(_ESCAPE.match, text.splitlines()[:2])) else "\\"
    for number, line in lines:
        parts = [line.strip()]
        if not parts[0] or parts[0].startswith("#"):
            continue
        while parts[-1].endswith(escape) or parts[-1].startswith("#") or not parts[-1]:
            following = next(lines, None)
            if following is None:
                break
            parts.append(following[1].strip())
        joined = " ".join(part.removesuffix(escape) for part in parts if not part.startswith("#"))
        keyword, _, rest = joined.replace("\t", " ").partition(" ")
        body = []
        for end in _HEREDOC.findall(rest) if keyword.upper() in ("RUN", "COPY", "ADD") else ():
            for _, inner in lines:
                if inner.strip() == end:
                    break
                body.append(inner)
        yield number, keyword.upper(), " ".join([rest.strip(), *body])


def _filled(text: str, variables: Mapping[str, str]) -> str | None:
    """Return a text without quotes and with the values of its variables; None if one has none."""
    missing = []

    def value(match: re.Match[str]) -> str:
        found = variables.get(match[1] or match[2]) or match[3]
        if found is None:
            missing.append(match[0])
        return found or ""

    filled = _VARIABLE.sub(value, text.strip().strip("\"'"))
    return None if missing or "$" in filled else filled


def _ports(exposed: Iterable[str]) -> list[int]:
    return sorted({int(match[1]) for port in exposed if (match := _PORT.fullmatch(port))})
