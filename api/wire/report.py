"""The answer of the operation that makes a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

GENERATED: Final = "generated"


class ReportResponse(TypedDict):
    """A support report that was written."""

    status: Annotated[str, Field(description="`generated`; what goes wrong has another HTTP status.")]
    report: Annotated[
        str, Field(description="The same as `status`.", json_schema_extra={"default": GENERATED})
    ]
    tar_filename: Annotated[str, Field(description="Number of the report and the simulated time, in UTC.")]
    report_path: Annotated[str, Field(description="The archive on the disk of the twin.")]


def report_body(path: Path) -> ReportResponse:
    """The body for an archive."""
    return {
        "status": GENERATED,
        "report": GENERATED,
        "tar_filename": path.name,
        "report_path": str(path),
    }
