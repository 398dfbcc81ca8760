"""Saying one thing to many: from a draft to a finished broadcast, and bulletins that go out by themselves.

Verbs: `compose` drafts and checks, `audience` counts and freezes, `launch` sends, pauses and cancels, `bulletins` and
`clock` run what recurs, `report` tells how it went. May import delivery and everything below it.
"""
