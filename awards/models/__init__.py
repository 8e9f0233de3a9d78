"""What the result is for.

One module per noun; this file only gathers them.
"""

from awards.models.scheme import AwardScheme, PrizeLine

__all__ = ["AwardScheme", "PrizeLine"]
