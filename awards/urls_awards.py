"""The addresses of awards, money, readings and the leaders' brief below /years/CODE/.

Joined to the app's own in awards.urls.
"""

from django.urls import URLPattern, path

from awards.views import awards, brief, drafts, money, people, readings, years

year_patterns: list[URLPattern] = [
    path("brief/", brief.brief, name="brief"),
    path("compare/", brief.compare, name="compare"),
    path("year-on-year/", years.year_on_year, name="year-on-year"),
    path("year-on-year.xlsx", years.year_on_year_xlsx, name="year-on-year-xlsx"),
    path("year-on-year/<int:pk>/map/", years.map_items, name="map-item"),
    path("awards/", awards.awards, name="awards"),
    path("awards.xlsx", awards.awards_xlsx, name="awards-xlsx"),
    path("awards/decision.docx", drafts.decision, name="awards-decision"),
    path("awards/individuals/", people.individuals, name="individuals"),
    path("awards/individuals/<int:pk>/remove/", people.remove_individual, name="individual-remove"),
    path("awards/office/propose/", awards.propose_office, name="awards-propose-office"),
    path("awards/group/propose/", awards.propose_group, name="awards-propose-group"),
    path("awards/office/sign/", awards.sign_office, name="awards-sign-office"),
    path("awards/group/sign/", awards.sign_group, name="awards-sign-group"),
    path("awards/office/<int:pk>/depart/", awards.depart_office, name="award-depart-office"),
    path("awards/group/<int:pk>/depart/", awards.depart_group, name="award-depart-group"),
    path("awards/office/<int:pk>/tie/", awards.tie_office, name="award-tie-office"),
    path("awards/group/<int:pk>/tie/", awards.tie_group, name="award-tie-group"),
    path("awards/group/ties/<int:pk>/withdraw/", awards.withdraw_tie, name="award-tie-withdraw"),
    path("awards/office/<int:pk>/filling/", awards.filling_office, name="award-filling-office"),
    path("awards/group/<int:pk>/filling/", awards.filling_group, name="award-filling-group"),
    path("nominations/", people.nominations, name="nominations"),
    path("nominations/<int:pk>/add/", people.nominate, name="nominate"),
    path("nominations/<int:pk>/withdraw/", people.withdraw_nomination, name="nomination-withdraw"),
    path("money/", money.register, name="money"),
    path("money.xlsx", money.money_xlsx, name="money-xlsx"),
    path("money.pdf", money.money_pdf, name="money-pdf"),
    path("money/<int:pk>/division/", money.division, name="division"),
    path("money/<int:pk>/change/", money.change, name="prize-change"),
    path("money/changes/<int:pk>/confirm/", money.confirm_change, name="prize-change-confirm"),
    path("money/changes/<int:pk>/drop/", money.drop_change, name="prize-change-drop"),
    path("readings/", readings.register, name="readings"),
    path("readings/office/ask/", readings.ask_office, name="readings-ask-office"),
    path("readings/group/ask/", readings.ask_group, name="readings-ask-group"),
    path("readings/office/all/", readings.rule_all_office, name="readings-rule-all-office"),
    path("readings/group/all/", readings.rule_all_group, name="readings-rule-all-group"),
    path("readings/office/confirm/", readings.confirm_office, name="readings-confirm-office"),
    path("readings/group/confirm/", readings.confirm_group, name="readings-confirm-group"),
    path("readings/office/<str:reading>/rule/", readings.rule_office, name="reading-rule-office"),
    path("readings/group/<str:reading>/rule/", readings.rule_group, name="reading-rule-group"),
    path("readings/office/<int:pk>/drop/", readings.drop_office, name="reading-drop-office"),
    path("readings/group/<int:pk>/drop/", readings.drop_group, name="reading-drop-group"),
]
