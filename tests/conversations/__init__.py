"""The most important conversations, played on our real code and written down: docs/conversations/ is generated.

`python -m tests.conversations` writes them anew; a test compares, so that what the documents show is what people read.
"""
