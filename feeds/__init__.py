"""Numbers from elsewhere: a feed is fetched, read, judged by its gate, and shown in each language.

    defining.define(session, agency, said, *, now) -> Feed         BadFeed: the message says what to change
    defining.every / by_key / remove / spec_of / specs_of
    fetching.Fetcher(hosts=, folder=).fetch(source, owner=) -> Fetched     at most 10 s and a megabyte; Unfetched
    reading.read(spec, fetched) -> Reading                         Unreadable: it is no such document
    gate.judge(spec, reading, before, *, now) -> [Finding]         empty: it passed
    showing.shown(field, value, locale, zone) -> str               as the language writes numbers, dates and units
    chart.drawn(lines) -> PNG                                      readable on a phone, and without colours

Nothing of a feed is ever believed: not its size, its speed, its type, its addresses or its words. May import staff and
what is below it; subscribers and the post office are strangers.
"""
