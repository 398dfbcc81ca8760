"""Pretends, over real HTTP, to be Telegram's Bot API and Twilio's REST API, with phones to look at.

A program of its own: it imports nothing else of this project, and the project talks to it as it talks to the real
platforms, by base URL. `python -m simulator --port 8100` starts it; `simulator.cli.simulator` is the click group.
What it pretends and what it does not stands in README.md.
"""
