"""What papers add, take away or bar.

One module per noun; this file only gathers them.
"""

from bonuses.models.tally import Tally
from bonuses.models.tariff import Issuer, Pool, TariffLine

__all__ = ["Issuer", "Pool", "Tally", "TariffLine"]
