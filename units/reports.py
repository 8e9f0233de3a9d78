"""A form on paper: its table, its code, the line for seal and signatures, set as PDF.

What the table says is told by the form's kind; how a page is set is in office.pdf.
"""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone

from office import pdf, qr
from units.models import SignedForm
from units.paper_forms import SIGN_LINE, kind_named


def form_pdf(form: SignedForm) -> bytes:
    """The form as it was printed: with its figures, or empty for the pen."""
    figures = kind_named(form.kind).figures(form)
    shown = figures.emptied() if form.printed_empty else figures
    html = render_to_string(
        "reports/signed_form.html",
        {
            "paper_title": form.title,
            "form": form,
            "figures": shown,
            "rows": [
                (
                    at in shown.room,
                    [(cell, n in shown.numbers, n in shown.pen) for n, cell in enumerate(row)],
                )
                for at, row in enumerate(shown.rows)
            ],
            "heads": [(head, n in shown.pen) for n, head in enumerate(shown.columns)],
            "sign_line": SIGN_LINE,
            "qr": qr.svg(form.code, form.code),
            "printed": timezone.localtime(form.printed_at),
            "facts": {"host": form.cycle.host.name, "digest": form.code, "foot": form.code},
        },
    )
    return pdf.render(html, identifier=form.code)
