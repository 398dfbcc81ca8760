"""Segments: a small language for questions about subscribers, typed by officers, asked anew each time.

    read   language.read(text, known) -> tree.Tree         BadSegment names the place, and what is possible there
           names.of(session, ...) -> names.Known           what the agency's topics, areas, ... may be called
    write  tree.show(tree) -> str                          the canonical text; read again it is the same tree
           in_words.said(tree, known, locale) -> str       for officers, in their language
    ask    asking.asked(session, selection, bounded)       joins and one condition for any statement about subscribers
           counted.count(session, selection, channels)     how many, by language and channel, in one statement
    keep   saved.save / list_for / find / named / remove   by name, of one agency

No text of an officer ever becomes SQL: what is not in the tree's own words is an error, and values are bound.
May import db, locales and subscribers.
"""
