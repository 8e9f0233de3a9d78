"""The addresses of promises, their progress and the coverage below; all of a year.

They are part of scoring.urls.
"""

from django.urls import URLPattern, path

from scoring.views import commitment_papers, commitments, progress

year_patterns: list[URLPattern] = [
    path("commitments/", commitments.register, name="commitments"),
    path("commitments.xlsx", commitments.xlsx, name="commitments-xlsx"),
    path("commitments/accept/", commitments.accept_many, name="commitments-accept"),
    path("commitments/booklet/", commitment_papers.booklet, name="commitments-booklet"),
    path("commitments/booklet/<int:pk>.pdf", commitment_papers.booklet_file, name="commitments-booklet-file"),
    path("commitments/files/<int:pk>/", progress.attached, name="commitment-file"),
    path("commitments/of/<str:unit>/", commitments.commitment, name="commitment"),
    path("commitments/of/<str:unit>/goals/", commitments.edit, name="commitment-edit"),
    path("commitments/of/<str:unit>/sign/", commitments.sign, name="commitment-sign"),
    path("commitments/of/<str:unit>/withdraw/", commitments.withdraw, name="commitment-withdraw"),
    path("commitments/of/<str:unit>/examine/", commitments.examine, name="commitment-examine"),
    path("commitments/of/<str:unit>/sheet.pdf", commitment_papers.sheet, name="commitment-pdf"),
    path("reports/", progress.reports, name="progress-reports"),
    path("reports.xlsx", progress.reports_xlsx, name="progress-reports-xlsx"),
    path("reports/terms/", progress.terms, name="report-terms"),
    path("reports/of/<str:unit>/<int:quarter>/", progress.report, name="progress-report"),
    path("reports/of/<str:unit>/<int:quarter>/edit/", progress.report_edit, name="progress-report-edit"),
    path("coverage/", progress.coverage, name="coverage"),
    path("coverage.xlsx", progress.coverage_xlsx, name="coverage-xlsx"),
    path("coverage/of/<str:unit>/", progress.coverage_return, name="coverage-return"),
    path("coverage/of/<str:unit>/file/", progress.coverage_file, name="coverage-file"),
]
