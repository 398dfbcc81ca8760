"""Developers only, until the first release: `python -m db.schema` writes the first migration anew from the models."""

import re
from importlib import import_module
from tempfile import TemporaryDirectory

from db.migrate import MIGRATIONS, write_revision

PARTITIONED = {"deliveries": 10}  # and how many keys the first ranges hold
ROOMS = ("staff", "feeds", "subscribers", "delivery", "insight", "broadcast", "helpdesk", "bot", "webhooks")


def load_models() -> None:
    """Import every room's models, so that their tables are known."""
    for room in ROOMS:
        import_module(f"{room}.models")


def main() -> None:
    """Replace db/migrations/versions/ by one migration that makes the schema the models describe."""
    load_models()
    for old in (MIGRATIONS / "versions").glob("*.py"):
        old.unlink()
    with TemporaryDirectory() as folder:
        write_revision(f"sqlite:///{folder}/empty.db", "The first schema")
    (written,) = (MIGRATIONS / "versions").glob("*.py")
    text = re.sub(r"^revision = .*$", 'revision = "0001"', written.read_text(), flags=re.MULTILINE)
    (MIGRATIONS / "versions" / "0001_first_schema.py").write_text(_with_partitions(text))
    written.unlink()


def _with_partitions(text: str) -> str:
    """Alembic knows that a table is partitioned, and nothing of its partitions."""
    text = text.replace("import db.base\n", "import db.base\nimport db.partitions\n", 1)
    end = "    # ### end Alembic commands ###\n"
    begun = (
        f"    db.partitions.begin(op.get_bind(), {name!r}, width={width})\n" for name, width in PARTITIONED.items()
    )
    return text.replace(end, "".join(begun) + end, 1)


if __name__ == "__main__":
    main()
