"""The addresses of this app's pages: of the whole site, and below /years/CODE/.

They are joined in appraisal_site.urls.
"""

from django.urls import URLPattern, path

from units.views import group_decisions, paper_forms, teams

urlpatterns: list[URLPattern] = []
year_patterns: list[URLPattern] = [
    path("teams/", teams.teams_page, name="teams"),
    path("teams.xlsx", teams.teams_xlsx, name="teams-xlsx"),
    path("teams/new/", teams.team_new, name="team-new"),
    path("teams/<int:pk>/", teams.team, name="team"),
    path("teams/<int:pk>/dissolve/", teams.team_dissolve, name="team-dissolve"),
    path("conflicts/declare/", teams.declare, name="conflict-declare"),
    path("conflicts/<int:pk>/<str:act>/", teams.conflict_act, name="conflict-act"),
    path("forms/", paper_forms.forms, name="signed-forms"),
    path("forms.xlsx", paper_forms.forms_xlsx, name="signed-forms-xlsx"),
    path("forms/print/", paper_forms.print_form, name="signed-form-print"),
    path("forms/find/", paper_forms.go, name="signed-form-find"),
    path("forms/<str:form_code>/", paper_forms.form, name="signed-form"),
    path("forms/<str:form_code>/form.pdf", paper_forms.form_pdf, name="signed-form-pdf"),
    path("forms/<str:form_code>/scan/", paper_forms.scan, name="signed-form-scan"),
    path("forms/<str:form_code>/withdraw/", group_decisions.drop, name="minutes-drop"),
    path("minutes/<str:deed>/<int:about>/", group_decisions.enter, name="minutes-enter"),
    path("forms/<str:form_code>/compare/", paper_forms.compare, name="signed-form-compare"),
    path("forms/<str:form_code>/differs/", paper_forms.differs, name="signed-form-differs"),
]
