"""Errors that the tools tell in one line."""

import importlib
import sys


class BadInput(Exception):
    """One line for the user; exit status 2."""


def need(*modules):
    """The libraries that a tool cannot do without, before it does anything."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise BadInput(f"{sys.executable}: {error}; Debian's package for "
                           f"/usr/bin/python3 is python3-{name}") from error
