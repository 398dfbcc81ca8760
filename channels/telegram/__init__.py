"""Telegram, over python-telegram-bot's `Bot` and our own aiohttp transport. One bot is one sender.

`channel` is the class the registry names; `refusals` the table "their word -> ours"; `hooks` reads what Telegram
calls us with; `transport` puts Bot API calls on the wire. Imports the contract, the wire and its SDK.
"""
