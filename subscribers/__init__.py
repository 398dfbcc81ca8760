"""Who may hear from us: subscribers, their addresses, what they subscribed to, and what they agreed to.

Verbs: `directory` finds or makes the person behind an address, `consent` records grants and withdrawals, `topics`
lists and toggles subscriptions, `areas` does so with districts, `wishes` keeps quiet hours, a pause and pictures,
`suppression` keeps the addresses nobody may write to, `importing` takes a CSV in, `links` makes the keys people arrive
by and counts them. For statements about many people, `conditions` says what they wish for and `reaching` which address
is written to.
May import db, locales and channels.contract.
"""
