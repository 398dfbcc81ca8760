"""What a channel can do that needs wording approved beforehand. Pure: no I/O, no SDK."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable


class TemplateState(StrEnum):
    """How far a template is with the provider; only APPROVED ones leave outside the reply window."""

    UNSUBMITTED = "unsubmitted"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a template is, and the provider's own words for why, where it gave any. `state` is None for a word that
    we do not know: nothing follows from it.
    """

    state: TemplateState | None
    reason: str = ""


@runtime_checkable
class Templating(Protocol):
    """What a channel with `limits.needs_template` can do besides: have wording approved beforehand."""

    async def create_template(self, name: str, locale: str, body: str, variables: Mapping[str, str]) -> str:
        """Submit wording with variables like {{1}} and a sample value of each; its provider_id, or a refusal."""
        ...

    async def put_template(
        self, name: str, locale: str, body: str, variables: Mapping[str, str], *, may_be_there: bool = False
    ) -> str:
        """Keep wording at the provider without submitting it; its provider_id.

        Where it `may_be_there` already, from a call whose answer was lost, it is looked for by its name first.
        """
        ...

    async def submit_template(self, provider_id: str, name: str, *, category: str) -> None:
        """Ask for the approval of kept wording."""
        ...

    async def template_standing(self, provider_id: str) -> Standing:
        """How far the approval is. Misconfigured, reason "not_found", where the provider knows no such template."""
        ...

    async def remove_template(self, provider_id: str) -> None:
        """Have the provider forget it; also where it has forgotten already."""
        ...
