"""What an image is made of: reads a Containerfile or Dockerfile."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy

from scclint.deploy.image_configs import ports
from scclint.objects.image import Image

_ESCAPE = re.compile(r"#\s*escape\s*=\s*`", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?[\"']?([A-Za-z_]\w*)")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::-([^{}$]*))?\})")
_ASSIGNED = re.compile(r"(?<!\S)(\w+)=(\"[^\"]*\"|'[^']*'|\S*)")
_PRIVATE = re.compile(r"\bchmod\s+(?:-\w+\s+)?0?700\s+(?!\S*\.ssh)")
_SHARED = re.compile(
    r"\bchmod\s+(?:-\w+\s+)*(?:[ugoa]*g?[ugoa]*[+=][rwxXst]*w|\S*g[=+]|0?[0-7]?[0-7][2367][0-7]\b|0?[0-7]?[0-7]{2}[2367]\b)|\bchgrp\b"
)
_USERADD = re.compile(r"\buseradd\b([^;&|]*)")
_PRIVATE_HOMES = re.compile(
    r"(?:^|/)(?:ubi\d|rhel\d|centos|fedora|rockylinux|almalinux|ubuntu:(?:2[2-9]|[3-9]))|^registry\.(?:access\.)?redhat\.(?:com|io)/"
)
"""Bases whose `useradd` makes a home directory that others cannot read: HOME_MODE in /etc/login.defs is 0700, or 0750 on Ubuntu."""
_CHOWN = re.compile(r"\bchown\s+(?:-\S+\s+)*([\w.$-]+)(?::([\w.$-]*))?\s+([^;&|]+)")
_SETCAP = re.compile(r"\bsetcap\s+[\"']?((?:cap_\w+,?)+)[+=]+\w*e", re.IGNORECASE)
_CONFIGURES = re.compile(r"conf|/etc\b|\.d/|\s/+$", re.IGNORECASE)
"""What an instruction contains that may change where the program of the base listens and writes."""

Base = Callable[[str], Image | None]


class _Stage:
    """A stage of a Containerfile, up to the instruction that was read last."""

    def __init__(self, image: Image, name: str, variables: dict[str, str], inherited: bool) -> None:
        self.image = image
        self.variables = variables
        self._inherited = inherited
        self._private_homes = _PRIVATE_HOMES.search(name) is not None
        self._homes: list[str] = []
        self._workdir = "/"
        self._is_in_home = False
        self._volumes: set[str] = set()
        self._owned: set[str] = set()
        self._private = image.own_user
        self._shared = False

    def read(self, keyword: str, rest: str, place: str) -> None:
        """Take in an instruction."""
        if self._inherited and (
            keyword in ("CMD", "ENTRYPOINT", "EXPOSE") or (keyword in ("COPY", "ADD", "RUN") and _CONFIGURES.search(rest))
        ):
            # The program listens or writes elsewhere, or is another one.
            self.image, self._inherited = self.image._replace(ports=(), writes=(), any_user=""), False
        match keyword:
            case "USER":
                user = _filled(rest, self.variables)
                self.image = self.image._replace(user=user and user.partition(":")[0], source=place, exact=True)
            case "EXPOSE":
                exposed = ports(filter(None, (_filled(word, self.variables) for word in rest.split())))
                self.image = self.image._replace(ports=sorted({*self.image.ports, *exposed}))
            case "WORKDIR":
                self._workdir = posixpath.normpath(posixpath.join(self._workdir, _filled(rest, self.variables) or ""))
            case "VOLUME":
                self._volumes |= {_filled(word, self.variables) or "" for word in re.split(r"[\s,\[\]]+", rest)} - {""}
            case "COPY" | "ADD":
                self._is_in_home = self._is_in_home or self._copies_into_home(rest)
            case "RUN":
                self._run(rest)
        self.image = self.image._replace(own_user=not self._shared and (self._private or self._is_in_home))

    @property
    def made(self) -> Image:
        """What is known of the image if the stage is the last one."""
        own = () if self._shared else sorted(self._volumes & self._owned)
        return self.image._replace(writes=sorted({*self.image.writes, *own}), built=True)

    def _run(self, command: str) -> None:
        self._shared = self._shared or _SHARED.search(command) is not None
        self._private = self._private or _PRIVATE.search(command) is not None
        for home in map(_home, _USERADD.findall(command)):
            if self._private_homes and home and not f"{self._workdir}/".startswith(f"{home}/"):
                self._homes.append(home)
        for user, group, targets in _CHOWN.findall(command):
            if user not in ("0", "root") and group not in ("0", "root"):
                self._owned |= {_filled(target, self.variables) or "" for target in targets.split()} - {""}
        if names := _SETCAP.search(command):
            given = {name.upper() for name in names[1].split(",") if name}
            self.image = self.image._replace(capabilities=sorted({*self.image.capabilities, *given}))

    def _copies_into_home(self, rest: str) -> bool:
        """Whether files of the program get into a home directory that only its user can read, where the program starts."""
        words = [word for word in re.split(r"[\s,\[\]\"']+", rest) if word and not word.startswith("--")]
        target = posixpath.normpath(posixpath.join(self._workdir, (_filled(words[-1], self.variables) or "") if words else ""))
        return any(f"{target}/".startswith(f"{home}/") and f"{self._workdir}/".startswith(f"{home}/") for home in self._homes)


def read_containerfile(text: str, file: str, target: str = "", base: Base = lambda name: None) -> Image | None:
    """Return what the image has that a Containerfile builds, or its stage `target`; None if it builds none.

    `base` returns what is known of an image that it builds on. `file` is how the source of the facts is called.
    """
    stages: dict[str, _Stage] = {}
    before_stages: dict[str, str] = {}
    stage = None
    for line, keyword, rest in _instructions(text):
        variables = stage.variables if stage else before_stages
        if keyword == "FROM":
            words = [word for word in rest.split() if not word.startswith("--")] or [""]
            named = _filled(words[0], before_stages) or ""
            if found := stages.get(named.lower()):
                stage = deepcopy(found)
            else:
                # Nothing describes another image. The empty one names no user.
                image = base(named) or Image("" if named == "scratch" else None)
                image = image._replace(source=image.source or f"{file}:{line}")
                stage = _Stage(image, named, {}, inherited=bool(image.ports or image.writes))
            stages[words[2].lower() if len(words) > 2 else str(len(stages))] = stage
        elif keyword in ("ARG", "ENV"):
            pairs = _ASSIGNED.findall(rest) or [rest.partition(" ")[::2] if keyword == "ENV" else (rest, f"${rest}")]
            filled = ((key, _filled(value, {**before_stages, **variables})) for key, value in pairs)
            variables.update({key: value for key, value in filled if value is not None})
        elif stage:
            stage.read(keyword, rest, f"{file}:{line}")
    asked = stages.get(target.lower()) if target else stage
    return asked.made if asked else None


def _home(arguments: str) -> str:
    """Return the home directory that `useradd` with these arguments makes; empty if it makes none."""
    words = arguments.split()
    flags = {letter for word in words if re.fullmatch(r"-[A-Za-z]+", word) for letter in word[1:]}
    makes = "m" in flags or "--create-home" in words or not ({"r", "M"} & flags or {"--system", "--no-create-home"} & {*words})
    given = re.search(r"(?:^|\s)(?:-\w*d|--home(?:-dir)?)[\s=]+(/\S+)", arguments)
    name = words[-1] if words and re.fullmatch(r"[\w.-]+", words[-1]) else ""
    home = given[1].rstrip("/") if given else name and f"/home/{name}"
    return home if makes else ""


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
