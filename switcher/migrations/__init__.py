"""Alembic's migrations of the journal, one a file; `switcher.schema` runs them.

Each holds the tables as they were then, by itself: `switcher.tables` goes on.
"""
