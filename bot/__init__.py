"""The conversation: what we answer when somebody says something, on any channel, in their language.

`conversation.hear` is the one way in, `conversation.forget_idle` ends what was left lying; `commands` is the table of
what can be said; `dialogs/` has one file for each conversation longer than one turn; `keywords` and `replies` are pure.
May import broadcast and everything below it.
"""
