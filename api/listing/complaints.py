"""How a parameter that makes no sense is reported: as FastAPI reports one."""

from __future__ import annotations

from typing import Any


class Complaint(ValueError):
    """What is wrong with the value of a query parameter; ``kind`` is the machine-readable type."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message

    def about(self, parameter: str) -> dict[str, Any]:
        """The entry for the error body."""
        return {"type": self.kind, "loc": ("query", parameter), "msg": self.message}
