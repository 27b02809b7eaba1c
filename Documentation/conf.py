# SPDX-License-Identifier: MIT
"""Sphinx configuration of Documentation/: `make docs`."""

project = "TNPU"
author = "the TNPU authors"
extensions = []
source_suffix = ".rst"
root_doc = "index"
html_theme = "alabaster"
html_theme_options = {"page_width": "70em", "sidebar_width": "16em"}
html_copy_source = False
html_show_copyright = False
highlight_language = "none"
nitpicky = True
