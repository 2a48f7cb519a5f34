from __future__ import annotations

from heapwise import __version__

project = "heapwise"
copyright = "The heapwise authors"
version = release = __version__
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"heapwise {version}"
exclude_patterns = ["_build"]
