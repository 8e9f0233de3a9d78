"""Pages whose facts are those of units alone: the desk of signed forms.

Pages that show scores or papers live in the apps above.
"""
