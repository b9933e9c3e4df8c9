"""Facts of images that many manifests use: `image_catalogue.json`, whose entries each name their source and its date."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from scclint.files.package_data import read_json
from scclint.objects.image import CATALOGUE, Image

_MIRRORS = (
    r"^(?:(?:index\.|registry-1\.)?docker\.io|registry\.hub\.docker\.com|mirror\.gcr\.io|public\.ecr\.aws/docker)/|^library/"
)
"""What may be in front of the name of an image of Docker Hub."""
_VERSION = r"(?s)(?:v|version-v?|RELEASE\.)?([0-9]{1,9}(?:\.[0-9]{1,9})*)(.*)"
_FOR_WINDOWS = "(?i)windows|nanoserver"


def catalogued(reference: str) -> Image | None:
    """Return what the catalogue knows of an image; None if it has no entry for the repository, or none for the tag.

    A reference by digest alone is unknown. `latest`, no tag, and tags that move from one version to another name the newest entry.
    """
    name, at, _ = reference.partition("@")
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    entry = _entries().get(hub_name(f"{head}{slash}{last}"))
    if entry is None or (at and not colon) or re.search(_FOR_WINDOWS, tag):
        return None
    if tag in ("", "latest", *entry.get("floating", ())):
        found = [facts for facts in entry["versions"] if _is_variant("" if tag in ("", "latest") else f"-{tag}", facts)]
        return _image(entry, found[-1], exact=False) if found else None
    version = re.fullmatch(_VERSION, tag)
    if version is None:
        return None
    numbers, rest = _numbers(version[1]), version[2]
    found = [facts for facts in entry["versions"] if _holds(numbers, facts) and _is_variant(rest, facts)]
    return _image(entry, found[-1], exact=True) if found else None


def hub_name(name: str) -> str:
    """Return the name of an image without the registry Docker Hub and its mirrors: `nginx` for `docker.io/library/nginx`."""
    short = re.sub(_MIRRORS, "", name)
    return short.removeprefix("library/") if short != name else name


@cache
def _entries() -> Mapping[str, Any]:
    entries = read_json(__file__, "image_catalogue.json")["images"]
    return {name: entry for entry in entries for name in (entry["name"], *entry.get("also", ()))}


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def _holds(numbers: list[int], facts: Mapping[str, Any]) -> bool:
    """Whether facts hold for a version. A version that names fewer parts than a bound moves within it, as `1.25` does."""
    first, last = (_numbers(facts[bound]) for bound in ("from", "to"))
    return first[: len(numbers)] <= numbers[: len(first)] and numbers[: len(last)] <= last[: len(numbers)]


def _is_variant(rest: str, facts: Mapping[str, Any]) -> bool:
    return re.fullmatch(facts.get("variant", ".*"), rest, re.DOTALL) is not None


def _image(entry: Mapping[str, Any], facts: Mapping[str, Any], *, exact: bool) -> Image:
    return Image(
        str(facts["user"]),
        facts.get("ports", ()),
        facts.get("own-user", False),
        f"{CATALOGUE} ({facts['source']}, {facts['date']})",
        facts.get("writes", ()),
        facts.get("capabilities", ()),
        entry.get("configuration", ()),
        entry.get("settings", ()),
        entry.get("any-user", ""),
        exact,
        facts.get("only-user", False),
        facts.get("owner"),
    )
