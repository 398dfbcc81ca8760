"""The fault suite: a broadcast goes out while everything around it breaks, and two books are compared afterwards.

It stands under tests/ and not beside bench/, because it reads our ledger through the rooms' own models and starts the
servers tests bring along; a program at the root may import nothing of ours. `make chaos` runs all of it
(`python -m tests.chaos --list`), `make test` a short form.
"""
