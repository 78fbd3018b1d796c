"""Retorno: measured answers on recovered, reactivated and referred customers."""

__version__ = "0.1.0"
