"""`loudhailer up --demo`: the product with simulated phones, an agency to play with, and nothing to install.

Everything is real but the platforms: the simulator runs as a process of its own, the senders talk to it over HTTP.
"""
