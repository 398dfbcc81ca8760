"""The simulator, spoken to over real HTTP with the real clients."""
