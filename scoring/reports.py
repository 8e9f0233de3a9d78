"""The receipt of a submission: what it says, and setting it as PDF.

How a page is set is in office.pdf, its look in templates/reports.
"""

from __future__ import annotations

import json
from typing import Any

from django.template.loader import render_to_string

from office import pdf
from scoring.models import Receipt


def short_digest(digest: str) -> str:
    """The first sixteen signs in fours: what one reads aloud on the phone."""
    return " ".join(digest[n : n + 4] for n in range(0, 16, 4))


def receipt_facts(receipt: Receipt) -> dict[str, Any]:
    """The sealed content, ready for a page or a paper."""
    content = json.loads(receipt.content)
    return {
        "receipt": receipt,
        "content": content,
        "lines": content["lines"],
        "short": short_digest(receipt.digest),
        "files": sum(len(line["evidence"]) for line in content["lines"]),
    }


def receipt_pdf(receipt: Receipt) -> bytes:
    assessment = receipt.assessment
    html = render_to_string(
        "reports/self_receipt.html",
        {
            **receipt_facts(receipt),
            "paper_title": receipt.number,
            "facts": {
                "host": assessment.cycle.host.name,
                "digest": receipt.digest,
                "foot": f"校验码 {short_digest(receipt.digest)}",
            },
            "cycle": assessment.cycle,
        },
    )
    return pdf.render(html, identifier=receipt.digest)
