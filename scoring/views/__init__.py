"""The pages of scoring: board, matrix, cell, unit sheet, call page, plan.

Each asks its queries and shows a template; acts go through scoring.actions.
"""
