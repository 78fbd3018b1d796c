"""What comes in: one contract a table, readers that check it, and the public data sets."""

from retorno.tables.engine import connect
from retorno.tables.public import about, locate
from retorno.tables.read import describe, read

__all__ = ["about", "connect", "describe", "locate", "read"]
