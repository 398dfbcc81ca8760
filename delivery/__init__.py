"""The post office: one message to one address, for everybody who sends.

A broadcast arrives as a consignment: its wordings, its batches, its lane and its policy. Everything else arrives as a
letter. `batches` leases work, `gate` decides who may be written to, `throttle` holds the brakes, `dispatch` sends,
`outcomes` and `receipts` settle what became of it, `tasks` is what the engine calls.
May import subscribers, staff, db, locales and channels.contract.
"""
