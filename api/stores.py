"""What the web application keeps beside the world: settings, pictures, reports, issues."""

from __future__ import annotations

from pathlib import Path

from api.folders import Folder
from api.pictures import Pictures
from api.preferences import Preferences
from api.reports import Reports
from api.snapshots import Snapshots
from api.support import Issues


class Stores:
    """All of it, below one folder: ``data``, or a temporary one that is removed by ``close``."""

    def __init__(self, data: Path | None) -> None:
        self._folder = Folder(data)
        self.preferences = Preferences()
        self.pictures = Pictures(self._folder)
        self.reports = Reports(self._folder)
        self.issues = Issues(self._folder)
        self.snapshots = Snapshots(self._folder)

    def close(self) -> None:
        """Remove what was temporary."""
        self._folder.close()
