"""What can go wrong before the exporter serves."""

from __future__ import annotations


class ExporterError(Exception):
    """The exporter can't do what it was told; the text is a sentence for people."""
