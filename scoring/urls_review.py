"""The addresses of reviewing: visits, the team's screen, supplements, distortion, the lead's grid.

They are part of scoring.urls.
"""

from django.urls import URLPattern, path

from scoring.views import visit_papers, visits

year_patterns: list[URLPattern] = [
    path("visits/", visits.visits_page, name="visits"),
    path("visits.xlsx", visits.visits_xlsx, name="visits-xlsx"),
    path("visits.pdf", visit_papers.sheets, name="visit-sheets"),
    path("visits/plan/", visits.plan, name="visit-plan"),
    path("visits/plan-team/", visits.plan_team, name="visit-plan-team"),
    path("visits/<int:pk>/", visits.visit, name="visit"),
    path("visits/<int:pk>/change/", visits.change, name="visit-change"),
    path("visits/<int:pk>/record/", visits.record, name="visit-record"),
    path("visits/<int:pk>/sheet.pdf", visit_papers.sheet, name="visit-sheet"),
    path("visits/<int:pk>/signature/<str:act>/", visits.sign, name="visit-sign"),
    path("visits/<int:pk>/<str:act>/", visits.close, name="visit-close"),
]
