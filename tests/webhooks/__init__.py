"""Tests of the door, the journal and the hearing."""
