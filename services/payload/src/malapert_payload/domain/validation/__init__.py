"""Checks an input whole and returns all of its faults at once, each with its path."""

from malapert_payload.domain.validation.catalogue import catalogue_faults
from malapert_payload.domain.validation.requests import change_faults, import_faults, request_faults, submission_faults

__all__ = ["catalogue_faults", "change_faults", "import_faults", "request_faults", "submission_faults"]
