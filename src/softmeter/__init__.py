"""A complete smart electricity meter in software."""

__version__ = "0.1.0"
