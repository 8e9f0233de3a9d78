"""The addresses of ledgers and statistical returns; part of scoring.urls_imports.

How workbooks come in is there.
"""

from django.urls import URLPattern, path

from scoring.views import ledger_entry, ledgers

year_patterns: list[URLPattern] = [
    path("ledgers/", ledgers.ledgers, name="ledgers"),
    path("ledgers.xlsx", ledgers.ledgers_xlsx, name="ledgers-xlsx"),
    path("ledgers/due/", ledgers.due, name="ledger-due"),
    path("ledgers/sums/", ledgers.sums, name="ledger-sums"),
    path("ledgers/sums.xlsx", ledgers.sums_xlsx, name="ledger-sums-xlsx"),
    path("ledgers/versions/<int:pk>/void/", ledgers.void, name="ledger-void"),
    path("ledgers/<str:body>/<int:quarter>/", ledgers.ledger, name="ledger"),
    path("ledgers/<str:body>/<int:quarter>/entry/", ledger_entry.entry, name="ledger-entry"),
    path("ledgers/<str:body>/<int:quarter>/ledger.xlsx", ledgers.ledger_xlsx, name="ledger-xlsx"),
    path("ledgers/<str:body>/<int:quarter>/template.xlsx", ledgers.template, name="ledger-template"),
]
