"""The addresses of amendments, missing cells and other single appraisals below /years/CODE/.

They are joined in awards.urls.
"""

from django.urls import URLPattern, path

from awards.views import amend, minutes, rule_changes, single_appraisals

year_patterns: list[URLPattern] = [
    path("amendments/", rule_changes.amendments, name="amendments"),
    path("amendments.xlsx", rule_changes.amendments_xlsx, name="amendments-xlsx"),
    path("amendments/new/", amend.amend, name="amend"),
    path("amendments/<int:number>/rules/", rule_changes.rules_at, name="rules-at"),
    path("amendments/<int:number>/rules.xlsx", rule_changes.rules_at_xlsx, name="rules-at-xlsx"),
    path("missing/", rule_changes.missing_cells, name="missing-cells"),
    path("rule-changes/<int:pk>/", rule_changes.rule_change, name="rule-change"),
    path("rule-changes/<int:pk>/withdraw/", rule_changes.drop, name="rule-change-drop"),
    path("rule-changes/<int:pk>/scan/", rule_changes.scan, name="rule-change-scan"),
    path("meeting-scans/<str:kind>/<int:pk>/", minutes.scan, name="award-minutes-scan"),
    path("single-appraisals/", single_appraisals.register, name="single-appraisals"),
    path("single-appraisals.xlsx", single_appraisals.register_xlsx, name="single-appraisals-xlsx"),
    path("single-appraisals/enter/", single_appraisals.enter, name="single-appraisal-enter"),
    path("single-appraisals/<int:pk>/compare/", single_appraisals.compare, name="single-appraisal-compare"),
    path("single-appraisals/<int:pk>/end/", single_appraisals.end, name="single-appraisal-end"),
    path("single-appraisals/<int:pk>/scan/", single_appraisals.scan, name="single-appraisal-scan"),
]
