"""The helpdesk: what an agency answers when a citizen asks something in their own words.

Public verbs: answers (add, list, edit, remove, find), questions (ask, reply, close, of_person, erase, forget), hours
(when the office is open). May import delivery, subscribers, staff, locales, db and the channel contract; the
conversation imports it.
"""
