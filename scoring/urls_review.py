"""The addresses of reviewing: visits, the team's screen, supplements, distortion, the lead's grid.

They are part of scoring.urls.
"""

from django.urls import URLPattern, path

from scoring.views import (
    distortion,
    lead_scores,
    review,
    review_workbook,
    supplements,
    visit_papers,
    visit_photos,
    visits,
)

year_patterns: list[URLPattern] = [
    path("review/", review.review, name="review"),
    path("review.xlsx", review_workbook.review_xlsx, name="review-xlsx"),
    path("review/units/<str:name>/", review.review_unit, name="review-unit"),
    path("review/sub-items/<int:pk>/", review.review_sub_item, name="review-sub-item"),
    path("review/cells/<int:pk>/", review.review_cell, name="review-cell"),
    path("review/cells/<int:pk>/return/", supplements.ask, name="supplement-ask"),
    path("supplements/", supplements.supplements_page, name="supplements"),
    path("supplements.xlsx", supplements.supplements_xlsx, name="supplements-xlsx"),
    path("supplements/<int:pk>/answer/", supplements.answer, name="supplement-answer"),
    path("supplements/<int:pk>/<str:act>/", supplements.settle, name="supplement-settle"),
    path("lead-scores/", lead_scores.lead_scores, name="lead-scores"),
    path("lead-scores.xlsx", lead_scores.lead_scores_xlsx, name="lead-scores-xlsx"),
    path("lead-scores/<int:pk>/", lead_scores.lead_grid, name="lead-grid"),
    path("not-involved/", lead_scores.not_involved, name="not-involved"),
    path("not-involved.xlsx", lead_scores.not_involved_xlsx, name="not-involved-xlsx"),
    path("distortion/", distortion.distortion, name="distortion"),
    path("distortion.xlsx", distortion.distortion_xlsx, name="distortion-xlsx"),
    path("distortion/limits/", distortion.limits, name="distortion-limits"),
    path("distortion/weights/", distortion.weights, name="distortion-weights"),
    path("distortion/weights.xlsx", distortion.weights_xlsx, name="distortion-weights-xlsx"),
    path("distortion/<str:act>/", distortion.act, name="distortion-act"),
    path("visits/", visits.visits_page, name="visits"),
    path("visits.xlsx", visits.visits_xlsx, name="visits-xlsx"),
    path("visits.pdf", visit_papers.sheets, name="visit-sheets"),
    path("visits/codes/", visit_papers.codes, name="visit-codes"),
    path("visits/photos/<int:pk>/", visit_photos.photo, name="visit-photo"),
    path("visits/photos/<int:pk>/remove/", visit_photos.remove, name="visit-photo-remove"),
    path("visits/<int:pk>/photos/", visit_photos.add, name="visit-photo-add"),
    path("visits/plan/", visits.plan, name="visit-plan"),
    path("visits/plan-team/", visits.plan_team, name="visit-plan-team"),
    path("visits/<int:pk>/", visits.visit, name="visit"),
    path("visits/<int:pk>/change/", visits.change, name="visit-change"),
    path("visits/<int:pk>/record/", visits.record, name="visit-record"),
    path("visits/<int:pk>/sheet.pdf", visit_papers.sheet, name="visit-sheet"),
    path("visits/<int:pk>/signature/<str:act>/", visits.sign, name="visit-sign"),
    path("visits/<int:pk>/<str:act>/", visits.close, name="visit-close"),
]
