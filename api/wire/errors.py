"""The bodies of refusals."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from twin.domain.errors import RequestAborted


class ValidationError(TypedDict):
    """One thing that is wrong with a request, and where."""

    loc: Annotated[list[str | int], Field(description="Where: part of the request, then names and indexes.")]
    msg: Annotated[str, Field(description="What is wrong.")]
    type: Annotated[str, Field(description="The same for machines.")]


class HTTPValidationError(TypedDict):
    """Everything that was found wrong with a request."""

    detail: list[ValidationError]


class Refused(TypedDict):
    """Why a request was refused, in one sentence."""

    detail: str


class EntityFeedback(TypedDict):
    """Why one entity of a request cannot be served."""

    entity_id: str
    entity_type: str
    error_code: str
    human_string: str


class RequestAbortedResponse(TypedDict):
    """A request that was not created because of its entities."""

    detail: str
    entity_feedback: list[EntityFeedback]
    request_id: str


def aborted_body(refusal: RequestAborted) -> RequestAbortedResponse:
    """The body for a request with unservable entities."""
    return {
        "detail": str(refusal),
        "entity_feedback": [
            {
                "entity_id": one.entity_id,
                "entity_type": one.entity_kind,
                "error_code": one.code,
                "human_string": one.message,
            }
            for one in refusal.feedback
        ],
        "request_id": refusal.request,
    }


Documented = dict[int | str, dict[str, Any]]

ALWAYS: Documented = {
    401: {
        "model": Refused,
        "description": "No credential, or one that does not hold.",
        "headers": {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Always `Bearer`."}},
    },
    503: {"model": Refused, "description": "The twin is being loaded, is shutting down, or has failed."},
}
CROWDED: Documented = {
    503: {
        "model": Refused,
        "description": "Too many passwords wait to be checked, or the twin is not there or has failed.",
        "headers": {
            "Retry-After": {
                "schema": {"type": "integer"},
                "description": "Seconds until it may be tried again, where too many wait.",
            }
        },
    },
}
INVALID: Documented = {
    422: {"model": HTTPValidationError, "description": "Something in the request is not as described."},
}
FORBIDDEN: Documented = {403: {"model": Refused, "description": "The role of the caller does not allow it."}}
NOT_FOUND: Documented = {
    404: {"model": Refused, "description": "Something named in the request is not there."}
}
CONFLICT: Documented = {409: {"model": Refused, "description": "The present state does not allow it."}}
TOO_LARGE: Documented = {413: {"model": Refused, "description": "The body is larger than is read."}}
ABORTED: Documented = {
    400: {"model": RequestAbortedResponse, "description": "At least one entity cannot be served."},
}
