"""Marks bad cells in a copy of a workbook, inside the child process; the sentences come ready with the order.
A file too large for openpyxl, or a legacy .xls, is written anew from its values.
"""

import sys
from typing import Any


def mark(order: dict[str, Any]) -> None:
    raise NotImplementedError(sys.argv)
