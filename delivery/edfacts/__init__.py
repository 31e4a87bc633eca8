"""Submission files for EDFacts: a file's layout of a school year, its checks, and the files themselves.

Plain functions of tables: the counts come from the warehouse (`edfacts.edfacts_fs…`), and so do the category sets and
the permitted values. Nothing here is published: these files hold exact counts of small groups, and go to the Department
of Education by its own channel.
"""

from delivery.edfacts.checks import check_counts
from delivery.edfacts.files import WrittenFile, check_folder, write_files
from delivery.edfacts.layout import FileLayout, Layout, LayoutError, known_years, load_layout, postal_code
from delivery.edfacts.zeros import add_zeros

__all__ = [
    "FileLayout",
    "Layout",
    "LayoutError",
    "WrittenFile",
    "add_zeros",
    "check_counts",
    "check_folder",
    "known_years",
    "load_layout",
    "postal_code",
    "write_files",
]
