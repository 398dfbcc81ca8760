"""The commands of `loudhailer` that are more than starting a process. With app.py and cli.py, where everything meets.

Each command is a door: it opens a session, calls one or two verbs, commits, and says what happened.
"""
