"""What every step needs at hand: the home, the sources file, the policy and the pseudonym key."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import intake
from orchestration.home import CHECKOUT, Home, hash_code, hash_files, hash_json

CROSSWALKS = CHECKOUT / "dbt_project" / "seeds"
DEFAULT_POLICY = CHECKOUT / "privacy" / "policy.yml"
SETTINGS_THAT_CHANGE_NO_ROW = {
    "contact": True,
    "name": True,
    "expected_every_days": True,
    "school_years": True,
    "feeds": {"__all__": {"path": True}},
}


@dataclass(frozen=True)
class Turn:
    """One source in one school year: the pair that a delivery belongs to."""

    source: "intake.Source"
    school_year: int

    @property
    def name(self) -> str:
        return f"{self.source.id} {self.school_year}"


@dataclass(frozen=True)
class Scope:
    """Which turns a run receives anew. Empty means all; what is out of scope keeps its last delivery."""

    leas: tuple[str, ...] = ()
    school_years: tuple[int, ...] = ()

    def includes(self, turn: Turn) -> bool:
        in_lea = not self.leas or {turn.source.lea_id, turn.source.id} & set(self.leas)
        return bool(in_lea) and (not self.school_years or turn.school_year in self.school_years)


NO_LIMIT = Scope()


@dataclass(frozen=True)
class Workspace:
    """One state's home, its sources and its policy. Reading a property reads the file behind it, once."""

    home: Home
    sources_path: Path
    policy_path: Path = DEFAULT_POLICY
    configured_key: str | None = field(default=None, repr=False)

    @cached_property
    def sources(self) -> "intake.SourcesFile":
        return intake.load_sources(self.sources_path)

    @cached_property
    def key(self) -> bytes:
        return intake.load_key(self.home.root, configured=self.configured_key)

    @property
    def tie_break_secret(self) -> bytes:
        """What breaks ties between equally good complements: a reader who could repeat the choice could undo it."""
        return hmac.digest(self.key, b"ties between complements", "sha256")

    @property
    def study_plans(self) -> list[Path]:
        """The plans of studies that get an extract: `studies/*.yml` beside the sources file, in name order."""
        return sorted((self.sources_path.parent / "studies").glob("*.yml"))

    def turns(self, scope: Scope = NO_LIMIT) -> Iterator[Turn]:
        """Yield every turn in scope, the state's own sources first: they say which schools are whose."""
        for source in sorted(self.sources.sources, key=lambda source: (source.lea_id is not None, source.id)):
            for school_year in source.school_years:
                turn = Turn(source, school_year)
                if scope.includes(turn):
                    yield turn

    @cached_property
    def checking_code(self) -> str:
        """Hash of everything that decides how a delivery is read and checked."""
        return hash_code("intake", "expectations", "orchestration/pipeline") + hash_files(
            sorted(CROSSWALKS.glob("xwalk_*.csv"))
        )

    @cached_property
    def code_version(self) -> str:
        """Hash of the whole pipeline's code, as it stands in a release's manifest."""
        return hash_code("intake", "expectations", "privacy", "delivery", "orchestration", "dbt_project")

    def context_hash(self, turn: Turn, school_ids: list[str] | None) -> str:
        """Hash of what a check depends on besides the delivery's bytes: not where the files lie, nor other years."""
        settings = turn.source.model_dump(mode="json", exclude=SETTINGS_THAT_CHANGE_NO_ROW)
        return hash_json([self.checking_code, settings, turn.school_year, school_ids])
