"""The addresses of self-assessment: the table of all, one unit's, one cell, evidence, receipts, paper.

They are part of scoring.urls.
"""

from django.urls import URLPattern, path

from scoring.views import assessments, self_cell

year_patterns: list[URLPattern] = [
    path("self/", assessments.self_assessments, name="self"),
    path("self.xlsx", assessments.self_xlsx, name="self-xlsx"),
    path("self/submit/", assessments.submit, name="self-submit"),
    path("self/withdraw/", assessments.withdraw, name="self-withdraw"),
    path("self/cells/<int:pk>/", self_cell.cell, name="self-cell"),
    path("self/cells/<int:pk>/save/", self_cell.save, name="self-save"),
    path("self/cells/<int:pk>/evidence/", self_cell.evidence_add, name="self-evidence-add"),
    path("self/evidence/<int:pk>/", self_cell.evidence_file, name="self-evidence"),
    path("self/evidence/<int:pk>/remove/", self_cell.evidence_remove, name="self-evidence-remove"),
    path("self/receipts/<int:pk>/", assessments.receipt, name="self-receipt"),
    path("self/receipts/<int:pk>/receipt.pdf", assessments.receipt_pdf, name="self-receipt-pdf"),
    path("self/enter/<int:pk>/", assessments.enter, name="self-enter"),
    path("self/units/<str:name>/", assessments.self_unit, name="self-unit"),
    path("self/units/<str:name>/print/", assessments.print_part, name="self-print"),
    path("self/units/<str:name>/send-back/", assessments.send_back, name="self-send-back"),
]
