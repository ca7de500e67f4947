"""Alembic's migrations of the journal, one a file; `switcher.journal.schema` runs them.

Each holds the tables as they were then, by itself: `switcher.journal.tables` goes on.
"""
