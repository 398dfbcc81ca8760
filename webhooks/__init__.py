"""The door providers knock on: verify, keep, answer; nothing slow happens here.

`door` is the Flask blueprint, `journal` keeps calls by group commit, `hearing` handles them in order, `replay` puts a
kept call through again. May import everything but web.
"""
