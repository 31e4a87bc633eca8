"""A state's whole set of tables, released to a tier in parts that share no relation: resumable, and quick to repeat.

A part is a school year of a table, with those that `same_as` or a link of the policy ties to it. Each is protected,
attacked and checked by itself, by whichever process is free, and its outcome kept in a folder under a keyed hash of all
that it depends on. So a run that was killed goes on where it stopped, and a part nothing changed in costs nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from privacy.certificates import Certificates
from privacy.ledger.chain import TABLE, Entry, Release
from privacy.ledger.cumulative import Past, audit_after, check_after, open_proofs, protect_after, recall
from privacy.ledger.lost import set_lost_aside
from privacy.ledger.nearby import COUNTED, cut_releases, cut_rows, find_reaches, join_found
from privacy.ledger.outcomes import (
    Campaign,
    list_files,
    place_of,
    read_code,
    read_found,
    read_released,
    read_summary,
    seal,
    seal_files,
    write_outcome,
    write_released,
)
from privacy.ledger.translation import Found, name_quantities
from privacy.ledger.turns import take_turns
from privacy.policy import Policy
from privacy.release import Progress
from privacy.structure import KEY, ROW, check_cells

Tables = tuple[tuple[str, int], ...]  # (table_id, school_year), in order


@dataclass(frozen=True)
class Part:
    """A part and what became of it.

    tables: those it has files of; tied: those the ledger has besides. content: what the files and the policy say; key:
    the name of its outcome. is_new: the tier was not shown this yet. passed: None if it is not solved yet. proven:
    quantities the checker holds to be proved safe.
    """

    tables: Tables
    tied: Tables
    content: str
    key: str
    is_new: bool
    passed: bool | None
    proven: int

    @property
    def name(self) -> str:
        """The tables, readable."""
        return _name(self.tables)


def tie_tables(tables: Iterable[tuple[str, int]], policy: Policy) -> list[Tables]:
    """The tables in groups such that no relation of the policy ties two groups, in order."""
    parts = {one: {one} for one in sorted(set(tables))}
    for names in _list_ties(policy):
        for year in sorted({year - later for _, year in parts for _, later in names}):
            tied = [(name, year + later) for name, later in names if (name, year + later) in parts]
            joined = set().union(*(parts[one] for one in tied))
            parts |= dict.fromkeys(joined, joined)
    return sorted({tuple(sorted(part)) for part in parts.values()})


def _list_ties(policy: Policy) -> Iterator[list[tuple[str, int]]]:
    """The tables each relation between tables is about, and how many years later it takes them from."""
    for same in policy.same_as:
        yield [(table, 0) for table, _ in same.pairs]
    behind: dict[str, list[tuple[str, int]]] = {}  # the tables behind the derived number of a link
    for link in policy.links:
        named = [(term.pair[0], term.years) for term in link.members]
        tied = [(table, years + later) for name, years in named for table, later in behind.get(name, [(name, 0)])]
        behind[link.name] = list(dict.fromkeys(tied))
        yield behind[link.name]


def list_parts(campaign: Campaign) -> list[Part]:
    """The parts of the tables as they are, and what the store knows of them. Raises ValueError for a stray file."""
    digests = {table: hashlib.sha256(path.read_bytes()).hexdigest() for table, path in list_files(campaign).items()}
    ledger, released = campaign.ledger, read_released(campaign)
    said: dict[tuple[str, int], list] = {}
    for tier in ledger.tiers():
        for entry in ledger.entries(tier):
            for one in entry.tables:
                said.setdefault((one.table_id, one.school_year), []).append([tier, entry.sequence, one.content])
    parts = []
    for group in tie_tables(digests | said, campaign.policy):
        tables = tuple(one for one in group if one in digests)
        tied = tuple(one for one in group if one not in digests)
        content = seal(campaign, [tables, [digests[one] for one in tables]])
        last = released.get(_name(tables), {})
        is_new = last.get("content") != content
        past = [said.get(one, []) for one in group]
        key = seal(campaign, [content, tied, past, read_code()]) if is_new else last["key"]
        outcome = read_summary(campaign, key)
        if tables:
            parts.append(Part(tables, tied, content, key, is_new, outcome.get("passed"), outcome.get("proven", 0)))
    return parts


def solve(campaign: Campaign, *, processes: int = 2, progress: Progress | None = None) -> list[Part]:
    """Protects, attacks and checks every new part that is not solved yet or did not pass; gives all as they then are.

    May be killed at any time: what is solved stays solved. Raises what a part raised, when all others are done.
    """
    report = progress or (lambda stage, done, total: None)
    parts, released = list_parts(campaign), read_released(campaign)
    todo = [(campaign, part, released.get(part.name)) for part in parts if part.is_new and not part.passed]
    before = len(parts) - len(todo)
    report("solving", before, len(parts))
    failed = take_turns(
        solve_part, todo, processes=processes, report=lambda done: report("solving", before + done, len(parts))
    )
    if failed:
        raise failed[0]
    return list_parts(campaign)


def solve_part(campaign: Campaign, part: Part, last: dict[str, str] | None) -> None:
    """Protects, attacks and checks one part, and keeps the outcome. `last`: what was released of it, if anything.

    Of a part that was released before, only what its changes can reach is looked at, if that is enough.
    """
    files = list_files(campaign)
    cells = check_cells(pl.concat([pl.read_parquet(files[one]) for one in part.tables]), campaign.policy)
    releases = campaign.ledger.read_history([*part.tables, *part.tied])
    earlier = read_found(campaign, last) if last else None
    solved = None
    if earlier and releases and _may_stay_near(campaign, part, last, releases):
        solved = _solve_near(campaign, cells, releases, earlier, place_of(campaign, last["key"]))
    frames, certificates, outcome = solved or _solve(campaign, cells, releases, earlier)[:3]
    write_outcome(campaign, part.key, frames, certificates, outcome)


Solved = tuple[dict[str, pl.DataFrame], Certificates, dict]  # frames by name, what the attack found, the outcome


def _solve(
    campaign: Campaign, cells: pl.DataFrame, releases: Sequence[Release], earlier: Found | None
) -> tuple[*Solved, Past]:
    """Cells protected, attacked and checked after some releases; and what bound them."""
    past = recall(cells, campaign.policy, releases, campaign.tier)
    protected = protect_after(past, secret=campaign.secret, earlier=earlier)
    proofs = open_proofs(protected, past)
    report = audit_after(protected, past, earlier=earlier, witness=proofs)
    report, lost = set_lost_aside(protected, past, report)
    checked = check_after(protected, past, report.certificates, lost=lost, proofs=proofs)
    frames = {
        "published": protected.cells,
        "exact": cells,
        "sensitive": protected.sensitive,
        "reasons": protected.reasons,
        "quantities": name_quantities(past.histories[-1], report.certificates),
        "attacked": report.tables,
        "failures": report.failures,
        "lost": lost,
        "faults": checked.faults,
    }
    outcome = {
        "passed": report.passed and checked.passed,
        "withheld": protected.reasons.height,
        "cells": cells.height,
        "proven": checked.proven.height,
    }
    return frames, report.certificates, outcome, past


def _may_stay_near(campaign: Campaign, part: Part, last: dict[str, str], releases: Sequence[Release]) -> bool:
    """Whether what was found of the last release says all that is needed of what a change does not reach."""
    place, policy = place_of(campaign, last["key"]), campaign.policy
    outcome, newest = read_summary(campaign, last["key"]), releases[-1]
    same = (outcome.get("policy"), outcome.get("code")) == (policy.hash, read_code())
    same = same and outcome["seal"] == seal_files(campaign, place)
    told = set(newest.exact.select(TABLE).unique().iter_rows()) == set(part.tables) and not part.tied
    alone = all(release.tier == campaign.tier for release in releases) and not policy.insiders
    rules = [policy.tables[name] for name, _ in part.tables]
    counted = all(one.kind in COUNTED and not one.median for one in rules)
    found = same and outcome["passed"] and pl.read_parquet(place / "lost.parquet").is_empty()
    return found and told and alone and counted and last["release"] == f"{newest.tier}/{newest.release}"


def _solve_near(
    campaign: Campaign, cells: pl.DataFrame, releases: Sequence[Release], earlier: Found, place: Path
) -> Solved | None:
    """The same by way of what a change can reach; None if that is too much, or does not suffice."""
    for reach in find_reaches(cells, releases):
        found, own = replace(earlier, reach=reach), cut_rows(cells, reach)
        frames, certificates, outcome, past = _solve(campaign, own, cut_releases(releases, reach), found)
        joined = join_found(found, past, certificates) if outcome["passed"] and frames["lost"].is_empty() else None
        if joined:
            quantities, certificates = joined
            for name in ("published", "sensitive", "reasons"):
                others = cut_rows(pl.read_parquet(place / f"{name}.parquet"), reach, rest=True)
                rows = pl.concat([others, frames[name].select(others.columns)])
                # Two sorted runs: a sort that keeps their order merges them.
                frames[name] = rows.sort(ROW if "statistic" in rows.columns else KEY, maintain_order=True)
            frames |= {"exact": cells, "quantities": quantities}
            proven = certificates.claims["quantity"].n_unique()
            outcome |= {"withheld": frames["reasons"].height, "cells": cells.height, "proven": proven}
            return frames, certificates, outcome
    return None


def conclude(campaign: Campaign, release: str, *, date: str | None = None) -> Entry | None:
    """Adds all new parts to the ledger as one release of the tier; None if nothing is new.

    Raises ValueError, naming them, if parts are not solved or did not pass.
    """
    new = [part for part in list_parts(campaign) if part.is_new]
    bad = [part.name for part in new if not part.passed]
    if bad:
        raise ValueError(f"not solved, or not safe: {', '.join(bad)}")
    if not new:
        return None
    places = [place_of(campaign, part.key) for part in new]
    pieces = ((pl.read_parquet(one / "published.parquet"), pl.read_parquet(one / "exact.parquet")) for one in places)
    entry = campaign.ledger.append(campaign.tier, release, pieces, policy_hash=campaign.policy.hash, date=date)
    released = read_released(campaign)
    for part in new:
        released[part.name] = {"content": part.content, "key": part.key, "release": f"{campaign.tier}/{release}"}
    write_released(campaign, released)
    return entry


def read_outcome(campaign: Campaign, part: Part) -> dict[str, pl.DataFrame]:
    """What became of a solved part: published (as Protected.cells), reasons, attacked and failures (as AuditReport),
    faults (as CheckReport), lost (as set_lost_aside gives it). All but the first are internal.
    """
    names = ("published", "reasons", "attacked", "failures", "faults", "lost")
    return {name: pl.read_parquet(place_of(campaign, part.key) / f"{name}.parquet") for name in names}


def _name(tables: Tables) -> str:
    return "+".join(f"{table}.{year}" for table, year in tables)
