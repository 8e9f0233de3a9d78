"""Collect the texts of the code into the catalogue, never guessing a translation.

What the catalogue must hold is checked by tests/test_catalogue.py.
"""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    # A guess from a similar sentence reads as a translation until somebody trips over it.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
    # Line numbers would change with every edit and make each merge of the catalogue a conflict.
    xgettext_options = [*makemessages.Command.xgettext_options, "--no-location"]
