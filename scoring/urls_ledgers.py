"""The addresses of ledgers and statistical returns; part of scoring.urls_imports.

How workbooks come in is there.
"""

from django.urls import URLPattern, path

from scoring.views import ledger_acts, ledger_entry, ledger_lines, ledgers, returns

year_patterns: list[URLPattern] = [
    path("ledgers/", ledgers.ledgers, name="ledgers"),
    path("ledgers.xlsx", ledgers.ledgers_xlsx, name="ledgers-xlsx"),
    path("ledgers/due/", ledger_acts.due, name="ledger-due"),
    path("ledgers/sums/", ledgers.sums, name="ledger-sums"),
    path("ledgers/sums.xlsx", ledgers.sums_xlsx, name="ledger-sums-xlsx"),
    path("ledgers/versions/<int:pk>/void/", ledger_acts.void, name="ledger-void"),
    path("ledgers/lines/<str:thread>/", ledger_lines.line, name="ledger-line"),
    path("ledgers/evidence/<int:pk>/", ledger_lines.evidence_file, name="ledger-evidence"),
    path("ledgers/evidence/<int:pk>/remove/", ledger_lines.evidence_remove, name="ledger-evidence-remove"),
    path("ledgers/<str:body>/year.pdf", ledgers.year_pdf, name="ledger-year"),
    path("ledgers/<str:body>/<int:quarter>/", ledgers.ledger, name="ledger"),
    path("ledgers/<str:body>/<int:quarter>/entry/", ledger_entry.entry, name="ledger-entry"),
    path("ledgers/<str:body>/<int:quarter>/ledger.xlsx", ledgers.ledger_xlsx, name="ledger-xlsx"),
    path("ledgers/<str:body>/<int:quarter>/template.xlsx", ledgers.template, name="ledger-template"),
    path("returns/", returns.returns_page, name="returns"),
    path("returns.xlsx", returns.returns_xlsx, name="returns-xlsx"),
    path("returns/template.xlsx", returns.template, name="returns-template"),
    path("returns/entry/", returns.entry, name="return-entry"),
]
