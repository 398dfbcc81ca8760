"""Pages that anybody may read: what an agency offers, what it said last, and whether an announcement is genuine.

No JavaScript, nothing from elsewhere, a few kilobytes; each page in each of the agency's languages. They only read.
"""
