"""What a user would pick instead, each a script of its own in .venv-bench: they import nothing of ours."""
