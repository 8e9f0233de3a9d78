"""Pages about papers: the documents, what they add or take, vetoes and findings.

One module per group; what a page may do is asked by the actions.
"""
