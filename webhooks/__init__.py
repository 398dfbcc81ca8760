"""The door providers knock on: verify, keep, answer; nothing slow happens here.

`door.blueprint(Door)` is the Flask route, `journal.Journal` keeps calls by group commit, `hearing.hear` handles them
in order, `hearing.wake_unheard` finds those whose wake-up was lost, `hearing.replay` puts a call that was given up
through again, `hearing.forget` deletes those that are past their agency's term, `backlog.read` says what waits,
`meters` counts for Prometheus, `apology` is what its author read meanwhile; `held.file` and `mine` give people what is
held about them.
May import everything but web.
"""
