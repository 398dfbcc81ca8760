"""The tests mirror the tree; `journeys/` walks through the doors and `house/` guards the rules of the house."""
