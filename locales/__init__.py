"""Every text people read, in every language, and the one module that turns keys into it.

`texts` says a key in a locale with values, plurals, dates and numbers; `check` proves the catalogs complete. A language
is a folder: put `<locale>/LC_MESSAGES/messages.po` here and it is offered. Imports nothing of ours.
"""
