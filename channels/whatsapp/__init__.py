"""WhatsApp, over Twilio's Messages and Content APIs. One number is one sender.

`channel` is the class the registry names; `menus` shows choices as quick replies and lists; `hooks` reads what Twilio
calls us with; `templates` has wording approved. Imports the contract, the wire, `channels.twilio_api` and its SDK.
"""
