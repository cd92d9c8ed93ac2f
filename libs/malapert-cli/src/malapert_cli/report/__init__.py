"""The report of a plan: pictures and one self-contained page."""

from malapert_cli.report.write import write_report

__all__ = ["write_report"]
