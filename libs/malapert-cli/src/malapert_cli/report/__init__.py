"""The report of a plan, and of two side by side: pictures on one self-contained page."""

from malapert_cli.report.comparison import write_comparison
from malapert_cli.report.write import write_report

__all__ = ["write_comparison", "write_report"]
