"""Saved configurations of images: files as programs print them, OCI layouts, and folders with these."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from json import loads
from typing import Any

from scclint.objects.image import Image
from scclint.yaml.untyped import as_mapping, as_text, mappings

_PORT = re.compile(r"([0-9]{1,5})(?:-[0-9]{1,5})?(?:/\w+)?")
_NAMES = ("org.opencontainers.image.ref.name", "io.containerd.image.name")
"""The annotations of an OCI layout that name an image: by its tag, or as a whole."""
_DEEPEST_INDEX = 4

Text = Callable[[str], str]
"""Returns the text of a file by its path; empty if it cannot be read."""


def read_image_config(text: str, source: str) -> Image | None:
    """Return what the configuration of an image says, as `podman inspect` and `skopeo inspect --config` print it; None if it is none."""
    data = _data(text)
    found = as_mapping(data[0] if isinstance(data, list) and data else data)
    if not {"config", "Config", "rootfs", "RootFS"} & found.keys():
        return None
    config = as_mapping(found.get("config") or found.get("Config"))
    user, exposed = as_text(config.get("User")), as_mapping(config.get("ExposedPorts"))
    return Image(user.partition(":")[0], ports(exposed), source=source)


def read_layout(folder: str, source: str, text_of: Text, reference: str = "") -> Image | None:
    """Return what an OCI layout says of an image: the one that `reference` names by tag, name or digest, or else the only one."""
    listed = mappings(as_mapping(_data(text_of(os.path.join(folder, "index.json")))).get("manifests"))
    manifests = [manifest for manifest in listed if not reference or _is_named(manifest, reference)]
    images = [image for manifest in manifests for image in _images_of(folder, source, text_of, manifest, _DEEPEST_INDEX)]
    return images[0] if images and all(image == images[0] for image in images) else None


def saved_configs(folder: str) -> Mapping[str, str]:
    """Return the files in a folder and the folders below it, by the key of the image that their path names."""
    found = {}
    for path, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            name = os.path.relpath(os.path.join(path, file), folder)
            found[key_of(name.removesuffix(".json"))] = os.path.join(path, file)
    return found


def key_of(reference: str) -> str:
    """Return the reference of an image with `_` for each character that a file name may not have: `quay.io_shop_web_1`."""
    return re.sub(r"[^\w.]+|_+", "_", reference)


def ports(exposed: Iterable[str]) -> list[int]:
    """Return the numbers of exposed ports, sorted, for a range its first one: 443 for `443/tcp`."""
    return sorted({int(match[1]) for port in exposed if (match := _PORT.fullmatch(port))})


def _images_of(folder: str, source: str, text_of: Text, descriptor: Mapping[str, Any], depth: int) -> Iterator[Image]:
    """Yield the image of a descriptor, or those of the index that it names."""
    data = as_mapping(_data(_blob(folder, text_of, descriptor)))
    for listed in mappings(data.get("manifests")) if depth else ():
        # Its platform is unknown for what is no image, such as an attestation.
        if as_text(as_mapping(listed.get("platform")).get("architecture")) != "unknown":
            yield from _images_of(folder, source, text_of, listed, depth - 1)
    if config := as_mapping(data.get("config")):
        image = read_image_config(_blob(folder, text_of, config), source)
        yield from () if image is None else (image,)


def _blob(folder: str, text_of: Text, descriptor: Mapping[str, Any]) -> str:
    digest = re.fullmatch(r"(\w+):([0-9a-f]+)", as_text(descriptor.get("digest")))
    return text_of(os.path.join(folder, "blobs", digest[1], digest[2])) if digest else ""


def _is_named(manifest: Mapping[str, Any], reference: str) -> bool:
    name, _, digest = reference.partition("@")
    annotations = as_mapping(manifest.get("annotations"))
    given = {as_text(annotations.get(key)) for key in _NAMES} - {""}
    return digest == manifest.get("digest") if digest else name in given or name.rpartition("/")[2].partition(":")[2] in given


def _data(text: str) -> Any:
    try:
        return loads(text)
    except (ValueError, RecursionError):
        return None
