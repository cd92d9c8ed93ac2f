"""Half-open spans in seconds after the problem's start, and their algebra."""

from malapert_core.vocabulary.spans import Span as Span
from malapert_core.vocabulary.spans import intersection as intersection
from malapert_core.vocabulary.spans import overlap_s as overlap_s
from malapert_core.vocabulary.spans import shifted as shifted
from malapert_core.vocabulary.spans import union as union
