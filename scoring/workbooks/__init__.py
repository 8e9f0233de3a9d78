"""Workbooks that bring scores in and take them out.

How a stranger's file is opened and how cells are judged is in office.workbook.
"""
