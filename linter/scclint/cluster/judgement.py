"""What the API server answers to the creation of an object and of its pods, as values of the public API."""

from collections.abc import Mapping
from typing import Any, Literal

from scclint.record import EMPTY, record

Step = Literal["", "decode", "service-account", "scc", "validation", "pod-security", "runtime-class", "csi", "policy"]
"""The steps of the API server that can reject an object, in their order; empty if none does."""


@record
class RequestOutcome:
    """The outcome of one request to create an object.

    `created` is None if the outcome is not known, and `message` then says why. Otherwise `message` is the text with which the API
    server rejects the object at `step`. `pod` is the Pod as admission leaves it, and `scc` the SCC that its annotation names; None
    and empty for an object that is no Pod, and for a Pod that is not created. `warnings` are those that the server prints.
    """

    created: bool | None
    step: Step = ""
    message: str = ""
    scc: str | None = None
    pod: Mapping[str, Any] = EMPTY
    warnings: tuple[str, ...] = ()


@record
class Judgement:
    """The answers of the API server to an object and to the pods that are made of it.

    `pods` has the outcome of each different pod: of the object itself if it is a Pod, none if the object is rejected. `rejected` is
    the outcome of the request for the object if the API server rejects it, and `warnings` are those about the object.
    """

    pods: tuple[RequestOutcome, ...]
    rejected: RequestOutcome | None = None
    warnings: tuple[str, ...] = ()
