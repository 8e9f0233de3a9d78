"""The addresses of this app's pages: of the whole site, and below /years/CODE/.

They are joined in appraisal_site.urls.
"""

from django.urls import URLPattern, path

from units.views import teams

urlpatterns: list[URLPattern] = []
year_patterns: list[URLPattern] = [
    path("teams/", teams.teams_page, name="teams"),
    path("teams.xlsx", teams.teams_xlsx, name="teams-xlsx"),
    path("teams/new/", teams.team_new, name="team-new"),
    path("teams/<int:pk>/", teams.team, name="team"),
    path("teams/<int:pk>/dissolve/", teams.team_dissolve, name="team-dissolve"),
    path("conflicts/declare/", teams.declare, name="conflict-declare"),
    path("conflicts/<int:pk>/<str:act>/", teams.conflict_act, name="conflict-act"),
]
