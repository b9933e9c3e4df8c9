"""What files say of a container image."""

from collections.abc import Sequence
from typing import NamedTuple

from scclint.text import whole_number

CATALOGUE = "the catalogue of images"
"""How the source of facts begins that the catalogue has."""
HOME = "~"
"""The entry of `Image.writes` that is the home directory of the user."""


class Image(NamedTuple):
    """What is known of an image.

    `user` is the user ID or name that it names, without its group; empty if it names none and therefore runs as root, and None if that
    is not known. `ports` are those that it exposes. `own_user`: only its own user can use some of its files. `source` says who knows
    that: `web/Containerfile:7`. `writes` are the directories that its program writes to and that only root or its own user may write
    to. `capabilities` are the file capabilities of its program, with `CAP_`. `configuration` are the files that say where the program
    listens and writes, and `settings` the arguments and variables that say where it writes. `any_user` is the image of the same vendor
    that runs as any user ID, empty if none is known. `exact` is False if the reference names no version, so that the facts are those of
    the newest one. `only_user`: nobody read what its program writes to. `owner` is the ID of the user that owns `writes`, None if root
    or the user of the image does. `built`: a Containerfile adds to what `source` knows.
    """

    user: str | None
    ports: Sequence[int] = ()
    own_user: bool = False
    source: str = ""
    writes: Sequence[str] = ()
    capabilities: Sequence[str] = ()
    configuration: Sequence[str] = ()
    settings: Sequence[str] = ()
    any_user: str = ""
    exact: bool = True
    only_user: bool = False
    owner: int | None = None
    built: bool = False

    @property
    def catalogued(self) -> bool:
        """Whether the catalogue has the image, so that others build it."""
        return self.source.startswith(CATALOGUE) and not self.built

    @property
    def uid(self) -> int | None:
        """The ID of its user; None if only a name is known, or nothing."""
        return 0 if self.user in ("", "root") else self._number

    def refusal(self) -> str:
        """Return why the kubelet does not start a container that must not run as root; empty if it does, or if the user is not known.

        Source: `verifyRunAsNonRoot` in kubernetes/pkg/kubelet/kuberuntime/security_context.go. The kubelet does not look names up.
        """
        if self.user is None:
            return ""
        if self.user and self._number is None:
            return f"container has runAsNonRoot and image has non-numeric user ({self.user}), cannot verify user is non-root"
        return "" if self._number else "container has runAsNonRoot and image will run as root"

    @property
    def _number(self) -> int | None:
        """The user as a number; None if it is none, as a number of more than 63 bits is for CRI (`strconv.ParseInt`)."""
        user = self.user or ""
        number = whole_number(user) if user.isascii() and user.isdecimal() else 1 << 63
        return number if number < 1 << 63 else None


class ImageFacts(NamedTuple):
    """What an entry of `images` says of an image. `file` is a Containerfile, a saved image configuration or an OCI layout, or a folder
    with these, relative to the configuration.

    `user` is None and `ports` and `writes` are empty if they are not given. `source` is the place of the entry.
    """

    name: str
    source: str
    user: str | int | None = None
    ports: Sequence[int] = ()
    own_user: bool = False
    file: str = ""
    writes: Sequence[str] = ()
