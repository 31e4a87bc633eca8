"""All that the catalog says of an indicator, gathered from dbt's manifest: for people who have to trust the number."""

from dataclasses import dataclass

from orchestration.catalog import Indicator, list_indicators, parameter_values
from orchestration.lineage import Reading, elements_of

TIERS = {
    "teacher": "Teachers: their own students",
    "school": "Schools: their own students and figures",
    "district": "Districts: their own students, and protected figures of others",
    "state": "The state agency: every figure, exact",
    "research": "Researchers: the columns of their study's plan, under codes of its own, by agreement",
    "public": "Everybody: protected figures",
}
"""Tier (folder of the marts) → who it is for."""
GROUPS = {
    "identified": "rows about people, or exact counts that may be small; stays within the state's own walls",
    "open": "made of protected figures only",
}
CARRIED = {"source_id", "lea_id", "school_year", "batch_id", "delivery_key"}
"""Columns that say where a record came from; every record type has them, and no figure is about them."""


@dataclass(frozen=True)
class Mart:
    """A table that shows the indicator: its tier, its group, and its columns with what they hold."""

    name: str
    tier: str
    group: str
    is_protected: bool
    description: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Test:
    """A test that guards an indicator, or a table it rests on."""

    name: str
    kind: str
    guards: str
    description: str


@dataclass(frozen=True)
class Step:
    """One table on the way from records to the indicator, and what it reads of each of its parents."""

    name: str
    description: str
    reads: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Entry:
    """One indicator in the catalog."""

    indicator: Indicator
    parameters: dict[str, list[dict]]
    sql: str
    compiled_sql: str
    elements: dict[str, list[str]]
    steps: list[Step]
    marts: list[Mart]
    own_tests: list[Test]
    upstream_tests: list[Test]

    @property
    def tiers(self) -> list[str]:
        """The tiers that see the indicator, from the closest to the child to everybody."""
        return [tier for tier in TIERS if any(mart.tier == tier for mart in self.marts)]


def gather(manifest: dict, readings: list[Reading]) -> list[Entry]:
    """Return an entry per indicator, by id. `manifest` must be of `dbt compile`, `readings` of it."""
    nodes = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    entries = [_entry(manifest, readings, indicator, nodes) for indicator in list_indicators(manifest)]
    return sorted(entries, key=lambda entry: (str(entry.indicator.meta["indicator_id"]), entry.indicator.name))


def _entry(manifest: dict, readings: list[Reading], indicator: Indicator, nodes: dict[str, dict]) -> Entry:
    node = nodes[indicator.name]
    elements = elements_of(readings, node["unique_id"])
    upstream = [name for name in (full.split(".")[-1] for full in indicator.upstream) if name in nodes]
    by_authority: dict[str, list[dict]] = {}
    for row in parameter_values(indicator):
        by_authority.setdefault(row["authority"], []).append(row)
    return Entry(
        indicator=indicator,
        parameters=by_authority,
        sql=node["raw_code"],
        compiled_sql=node["compiled_code"],
        elements={
            record_type: sorted(columns - CARRIED)
            for record_type, columns in sorted(elements.items())
            if record_type not in ("current_deliveries", "state")
        },
        steps=[_step(readings, nodes[name]) for name in upstream],
        marts=_marts(manifest, indicator, nodes),
        own_tests=_tests(manifest, [indicator.name]),
        upstream_tests=_tests(manifest, upstream, without=[indicator.name]),
    )


def _step(readings: list[Reading], node: dict) -> Step:
    reads = {
        reading.parent.split(".")[-1]: reading.columns for reading in readings if reading.model == node["unique_id"]
    }
    return Step(name=node["name"], description=node["description"], reads=reads)


def _marts(manifest: dict, indicator: Indicator, nodes: dict[str, dict]) -> list[Mart]:
    """The marts that hold the indicator: those made of it, and those made of its protected figures."""
    exact = {full.split(".")[-1] for full in indicator.downstream}
    protected = {
        child.split(".")[-1]
        for source, children in manifest["child_map"].items()
        if source == "source.openslds.protected.protected_cells" and "ind_cells" in exact
        for child in children
        # A table that reads both holds the protected figures beside those indicators alone that it reads.
        if not any(parent.split(".")[-1].startswith("ind_") for parent in manifest["parent_map"][child])
    }
    found = [
        Mart(
            name=node["name"],
            tier=node["fqn"][-2],
            group=node["group"],
            is_protected=node["name"] not in exact,
            description=node["description"],
            columns={column["name"]: column.get("description", "") for column in node["columns"].values()},
        )
        for node in nodes.values()
        if node["name"] in exact | protected and node["fqn"][-2] in TIERS
    ]
    return sorted(found, key=lambda mart: (list(TIERS).index(mart.tier), mart.name))


def _tests(manifest: dict, names: list[str], without: list[str] = ()) -> list[Test]:
    """Data tests and unit tests of these models, by model and name; a test is listed once."""
    wanted = {f"model.openslds.{name}" for name in names}
    avoided = {f"model.openslds.{name}" for name in without}
    found = []
    for node in manifest["nodes"].values():
        guarded = wanted & set(node["depends_on"]["nodes"]) if node["resource_type"] == "test" else set()
        if guarded and not avoided & set(node["depends_on"]["nodes"]):
            guards = node.get("attached_node") or sorted(guarded)[0]
            words = (node.get("description") or _opening(node)).strip()
            found.append(Test(node["name"], "data", guards.split(".")[-1], words))
    for unit in manifest["unit_tests"].values():
        if f"model.openslds.{unit['model']}" in wanted:
            found.append(Test(unit["name"], "unit", unit["model"], unit.get("description") or ""))
    return sorted(found, key=lambda test: (test.guards, test.kind, test.name))


def _opening(node: dict) -> str:
    """What a singular test says that it finds: the first line of its comment."""
    first = node["raw_code"].lstrip().splitlines()[0] if node.get("raw_code") else ""
    return first.removeprefix("-- ") if first.startswith("-- ") else ""
