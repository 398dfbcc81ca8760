"""The people who speak for an agency, and the agency itself.

Verbs: found an agency, invite an officer, redeem an invitation, find the officer behind an account, write the audit.
May import db, locales and channels.contract.
"""
