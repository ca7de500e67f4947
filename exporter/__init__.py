"""Observations of chains as Prometheus metrics."""
