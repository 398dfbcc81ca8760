"""One file for each conversation that is longer than one turn."""
