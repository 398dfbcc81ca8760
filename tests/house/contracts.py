"""Two import rules that import-linter does not bring; pyproject.toml says for whom they hold.

Both speak of modules that may not be there yet: a rule for a room that has not been built holds once it is.
"""

from typing import Any, cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules

MODULES_AT_THE_ROOT = ("app", "cli", "config", "lean", "logs")


class Only(Contract):
    """The named packages import of ours nothing but themselves and what is allowed; their libraries are their own."""

    type_name = "only"

    packages = fields.ListField(subfield=fields.ModuleExpressionField())
    allowed = fields.ListField(subfield=fields.ModuleExpressionField(), required=False, default=())
    also = fields.SetField(subfield=fields.StringField(), required=False, default=frozenset())  # "package -> module"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Kept unless one of the packages imports another part of the house directly."""
        ours = {*self.session_options["root_packages"], *MODULES_AT_THE_ROOT}
        allowed, also = _names(graph, self.allowed), cast("frozenset[str]", self.also)
        found = [
            f"{importer} imports {imported}"
            for package in sorted(_names(graph, self.packages) & graph.modules)
            for importer in sorted({package} | graph.find_descendants(package))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if imported.split(".")[0] in ours
            and not _is_inside(imported, package)
            and imported not in allowed
            and f"{package} -> {imported}" not in also
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import that is too much."""
        _print(check)


class Never(Contract):
    """The named modules never reach what is forbidden, not by detours either."""

    type_name = "never"

    modules = fields.ListField(subfield=fields.ModuleExpressionField())
    never = fields.ListField(subfield=fields.ModuleExpressionField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Kept unless a chain of imports leads from a module to something forbidden."""
        sources = _names(graph, self.modules) & graph.modules
        importers = {inner for source in sources for inner in {source} | graph.find_descendants(source)}
        chains = [
            graph.find_shortest_chain(importer=importer, imported=forbidden)
            for importer in sorted(importers)
            for forbidden in sorted(_names(graph, self.never) & graph.modules)
        ]
        return ContractCheck(
            kept=not any(chains), metadata={"found": [" -> ".join(chain) for chain in chains if chain]}
        )

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each chain of imports."""
        _print(check)


# A contract's fields are descriptors to the type checker and lists of module expressions when it runs.
def _names(graph: ImportGraph, expressions: Any) -> set[str]:
    return {module.name for module in module_expressions_to_modules(graph, expressions)}


def _is_inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _print(check: ContractCheck) -> None:
    for line in check.metadata["found"]:
        output.print_error(f"- {line}", bold=False)
    output.new_line()
