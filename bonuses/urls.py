"""The addresses of this app's pages: of the whole site, and below /years/CODE/.

They are joined in appraisal_site.urls.
"""

from django.urls import URLPattern, path

from bonuses.views import adjustments, lists, papers, register, vetoes

urlpatterns: list[URLPattern] = []
year_patterns: list[URLPattern] = [
    path("papers/", papers.papers, name="papers"),
    path("papers/<int:pk>/", papers.paper, name="paper"),
    path("papers/<int:pk>/file/", papers.paper_file, name="paper-file"),
    path("papers/<int:pk>/attach/", papers.attach, name="paper-attach"),
    path("papers/<int:pk>/seen/", papers.original_seen, name="paper-seen"),
    path("adjustments/", register.register_page, name="adjustments"),
    path("adjustments.xlsx", register.register_xlsx, name="adjustments-xlsx"),
    path("adjustments.pdf", register.register_pdf, name="adjustments-pdf"),
    path("adjustments/claim/", adjustments.claim, name="adjustment-claim"),
    path("adjustments/waiting/", adjustments.waiting, name="adjustments-waiting"),
    path("adjustments/matters/", adjustments.matters, name="matters"),
    path("adjustments/issuers/", adjustments.issuers, name="issuers"),
    path("adjustments/lists/", lists.paper_lists, name="paper-lists"),
    path("adjustments/lists/empty.xlsx", lists.empty_list, name="paper-list-empty"),
    path("adjustments/lists/<int:pk>/", lists.paper_list, name="paper-list"),
    path("adjustments/lists/<int:pk>/confirm/", lists.confirm, name="paper-list-confirm"),
    path("adjustments/lists/<int:pk>/drop/", lists.drop, name="paper-list-drop"),
    path("adjustments/lists/<int:pk>/original/", lists.original, name="paper-list-original"),
    path("adjustments/lists/<int:pk>/marked.xlsx", lists.marked, name="paper-list-marked"),
    path("adjustments/<int:pk>/", adjustments.adjustment, name="adjustment"),
    path("adjustments/<int:pk>/withdraw/", adjustments.withdraw, name="adjustment-withdraw"),
    path("adjustments/<int:pk>/<str:act>/", adjustments.decide, name="adjustment-decide"),
    path("vetoes/", vetoes.vetoes_page, name="vetoes"),
    path("vetoes/propose/", vetoes.propose_veto, name="veto-propose"),
    path("vetoes/misconduct/", vetoes.propose_finding, name="misconduct-propose"),
    path("vetoes/<int:pk>/<str:act>/", vetoes.decide_veto, name="veto-decide"),
    path("vetoes/misconduct/<int:pk>/<str:act>/", vetoes.decide_finding, name="misconduct-decide"),
]
