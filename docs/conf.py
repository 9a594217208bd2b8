"""Sphinx: ``sphinx-build -W docs build/docs``. The reference of limits, causes and commands is drawn from the data at every build."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import generate  # noqa: E402 - beside this file

import labinterp  # noqa: E402

project = "labinterp"
author = "the labinterp authors"
copyright = f"2026, {author}"
version = release = labinterp.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
exclude_patterns = ["recipes/*"]
root_doc = "index"
language = "en"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["mystnb.exec_warning"]

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120

default_role = "code"  # docstrings mark code with single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
add_module_names = False

FONTS = "Source Sans Pro, Helvetica, Arial, sans-serif"
html_theme = "furo"
html_title = "labinterp"
html_static_path = ["_static", "../labinterp/export/fonts"]
html_css_files = ["labinterp.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"font-stack": FONTS, "color-brand-primary": "#0B5D5E", "color-brand-content": "#0B5D5E"},
    "dark_css_variables": {"color-brand-primary": "#6CC5BF", "color-brand-content": "#6CC5BF"},
}


def setup(app: object) -> None:
    """Write the pages that follow from the data before Sphinx looks for them."""
    generate.write(HERE / "generated")
