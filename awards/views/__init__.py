"""The pages of this app, one module per noun.

What they show is asked in queries, what they do is done by actions.
"""
