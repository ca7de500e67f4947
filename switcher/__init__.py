"""Receives alerts, looks at the chain itself, and rotates signing keys."""
