"""What an agency gets to know of itself: figures, charts, the weekly report, and trouble told at once.

    trouble.begin(session, agency_id, kind, about, *, now, details, sender_id, officer_id) -> bool
    trouble.end(session, agency_id, kind, about, *, now, details) -> bool     each told once, by the clock
    figures.of(session, agency, launched, *, now) -> Figures                  from counters, never by a walk
    in_words.said(figures, agency, locale) -> str                             the same as an officer reads it
    charts.of(chart, figures, locale) -> PNG | None                           where a process may draw: the clock's
    orders.place(session, agency, *, sender_id, to, locale, now)              charts drawn and sent to one chat
    census.take / weekly.run / watching.look / trouble.tell                   what the clock does by itself

What was launched is given from above (`launched.Launched`), because broadcasts are above this room: whoever holds,
pauses or loses something there says so by `trouble`. May import delivery and everything below it.
"""
