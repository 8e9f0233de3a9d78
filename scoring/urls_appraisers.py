"""The addresses of misconduct of appraisers and their scores to re-check.

They are part of scoring.urls.
"""

from django.urls import URLPattern, path

from scoring.views import appraisers

year_patterns: list[URLPattern] = [
    path("appraisers/", appraisers.appraisers, name="appraisers"),
    path("appraisers/propose/", appraisers.propose, name="appraiser-propose"),
    path("appraisers/<int:pk>/", appraisers.appraiser, name="appraiser"),
    path("appraisers/<int:pk>/scores.xlsx", appraisers.appraiser_xlsx, name="appraiser-xlsx"),
    path("appraisers/<int:pk>/paper/", appraisers.paper, name="appraiser-paper"),
    path("appraisers/<int:pk>/<str:act>/", appraisers.decide, name="appraiser-decide"),
]
