"""The database: engine, sessions, column types, and the few statements that differ between SQLite and PostgreSQL.

Nothing here knows a room. A dialect difference lives here and nowhere else.
"""
