"""The people who speak for an agency, and the agency itself.

- `agencies.found` makes one (BadAgency says what is wrong), `agencies.by_slug` finds it, `agencies.every` lists them,
  `agencies.set_retention` says how long it keeps what is about people, `agencies.set_privacy` and
  `agencies.set_alert_hours` what its public page says and how long an alert is in force.
- `officers.invite` gives (officer, one-time code), `officers.redeem` binds a chat account by that code (None for
  every kind of failure, AlreadyBound where the account speaks for somebody else), `officers.behind` finds who speaks
  through an account, `officers.accounts` where to reach officers of a role, `officers.revoke` ends it.
- `audit.note` writes, with the commit, the line nobody can change; `audit.latest` reads; `verifying.verify` finds the
  first line that is not as it was written, `verifying.pages` gives all of them. `chain` (pure) ties them together.

May import db, locales and channels.contract.
"""
