"""The journal: what is written down, on SQLite or PostgreSQL, and checked again."""
