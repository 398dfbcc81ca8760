"""The measurements the README quotes: run by hand, on loopback only, on the house's commands and tables alone."""
