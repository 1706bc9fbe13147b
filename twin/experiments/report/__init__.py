"""``report.html``: one page that answers a study, with pictures, from the folder of its results."""

from twin.experiments.report.page import write_report

__all__ = ["write_report"]
