"""The pages of awards, money, readings and the leaders' brief.

Each asks its queries and shows a template; acts go through awards.actions.
"""
