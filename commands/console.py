"""The terminal of commands that draw tables and bars. What runs for long does without it: rich holds 3 MB."""

from rich.console import Console

console = Console()
