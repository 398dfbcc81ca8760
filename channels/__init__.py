"""How to speak to the outside: one folder for each channel, one contract for all of them.

`contract` is the vocabulary everybody shares; `registry` is the only place that names a concrete channel.
A channel folder imports the contract and its SDK, and nothing else of ours.
"""
