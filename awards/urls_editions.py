"""The addresses of hearing, approval and editions below /years/CODE/.

They are joined in awards.urls.
"""

from django.urls import URLPattern, path

from awards.views import approval, drafts, editions, filing, returned

year_patterns: list[URLPattern] = [
    path("hearing/", approval.hearing, name="hearing"),
    path("hearing/decide/", approval.hearing_decide, name="hearing-decide"),
    path("hearing/briefing.docx", drafts.briefing, name="briefing"),
    path("hearing/agenda.docx", drafts.hearing_paper, {"kind": "agenda"}, name="hearing-agenda"),
    path("hearing/minutes.docx", drafts.hearing_paper, {"kind": "minutes"}, name="hearing-minutes"),
    path("approval/agenda.docx", drafts.approval_paper, {"kind": "agenda"}, name="approval-agenda"),
    path("approval/minutes.docx", drafts.approval_paper, {"kind": "minutes"}, name="approval-minutes"),
    path("approval/", approval.approve_page, name="approval"),
    path("approval/hand-over/", approval.hand_over, name="hand-over"),
    path("approval/<int:pk>/approve/", approval.approve, name="approve"),
    path("approval/<int:pk>/return/", approval.return_result, name="return-result"),
    path("approval/<int:pk>/scan/", approval.minutes_scan, name="minutes-scan"),
    path("approval/<int:pk>/notice.docx", drafts.draft_notice, name="draft-notice"),
    path("returned/", returned.returned, name="returned"),
    path("returned/<int:pk>/", returned.returned_paper, name="returned-paper"),
    path("returned/<int:pk>.xlsx", returned.returned_paper_xlsx, name="returned-paper-xlsx"),
    path("returned/<int:pk>/file/", returned.returned_paper_file, name="returned-paper-file"),
    path("filing/", filing.filing, name="filing"),
    path("filing/build/", filing.build, name="filing-build"),
    path("filing/<int:number>/package.zip", filing.package, name="filing-package"),
    path("filing/<int:number>/verify/", filing.verify, name="filing-verify"),
    path("filing/<int:number>/accept/", filing.accept, name="filing-accept"),
    path("filing/<int:number>/receipt.pdf", filing.receipt, name="filing-receipt"),
    path("result/", editions.result, name="result"),
    path("editions/", editions.editions, name="editions"),
    path("editions/ask/", editions.ask, name="edition-ask"),
    path("editions/correct/", editions.correct, name="edition-correct"),
    path("editions/<int:pk>/confirm/", editions.confirm, name="edition-confirm"),
    path(
        "editions/<int:pk>/confirm-correction/",
        editions.confirm_correction,
        name="edition-confirm-correction",
    ),
    path("editions/<int:pk>/withdraw/", editions.withdraw, name="edition-withdraw"),
    path("editions/<int:number>/open/", editions.set_open, name="edition-open"),
    path("editions/<int:number>/verify/", editions.edition_verify, name="edition-verify"),
    path("editions/<int:number>/differences/", editions.edition_differences, name="edition-differences"),
    path("editions/<int:number>/all.zip", editions.edition_zip, name="edition-zip"),
    path("editions/<int:number>/files/<str:name>", editions.edition_file, name="edition-file"),
]
