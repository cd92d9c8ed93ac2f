"""The documentation's site: `make docs` builds it, and the gateway serves it at /guide."""

import subprocess
import sys
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

HERE = Path(__file__).parent

project = "Malapert"
copyright = "the Malapert authors, Apache-2.0"  # noqa: A001 - Sphinx's name
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["images", "README.md"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
html_theme = "pydata_sphinx_theme"
html_title = "Malapert"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
# Files of the repository beside the documents are linked to where the documents are read in the repository.
suppress_warnings = ["myst.xref_missing", "myst.header", "toc.not_included"]


def setup(app: Sphinx) -> None:
    """Write the reference from what it describes; diagrams are shown as the text that they are."""
    command = [sys.executable, str(HERE.parent / "deploy" / "generate-reference"), str(HERE / "reference")]
    subprocess.run(command, check=True)  # noqa: S603 - our own generator
    app.add_lexer("mermaid", TextLexer)
    app.add_lexer("console", TextLexer)
