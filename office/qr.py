"""A QR code as a drawing that can be set in a page or a PDF: no picture file, nothing fetched.

What it says is the caller's business.
"""

from __future__ import annotations

import qrcode
from django.utils.html import format_html
from django.utils.safestring import SafeString
from qrcode.constants import ERROR_CORRECT_Q

QUIET = 4  # modules left white around it, as the standard asks


def svg(text: str, label: str) -> SafeString:
    """The code of `text` with a quarter of its signs to spare, as SVG; `label` is said to who cannot see it."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return format_html(
        '<svg class="qr" viewBox="0 0 {} {}" role="img" aria-label="{}" shape-rendering="crispEdges"><path d="{}"/></svg>',
        len(rows),
        len(rows),
        label,
        path,
    )
