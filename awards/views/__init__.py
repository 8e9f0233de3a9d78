"""The pages of this app: awards, money, readings, the leaders' brief, hearing, approval, editions.

Each asks its queries and shows a template; acts go through awards.actions.
"""
