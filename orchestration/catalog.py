"""What the tables and indicators mean, read from the dbt manifest: definitions are stated once, beside their models."""

import csv
from dataclasses import dataclass

import delivery
from orchestration.home import CHECKOUT


@dataclass(frozen=True)
class Indicator:
    """One indicator as its `.yml` defines it: `meta` holds the definition, `upstream` what it rests on."""

    name: str
    description: str
    meta: dict
    columns: dict[str, str]
    upstream: list[str]
    downstream: list[str]


def describe_table(manifest: dict, name: str) -> delivery.TableDescription:
    """Return what a mart's table and columns mean. Raises `KeyError` when there is no such model."""
    node = _model(manifest, name)
    meta = _meta(node)
    return delivery.TableDescription(
        description=node["description"],
        columns={column["name"]: column.get("description", "") for column in node["columns"].values()},
        keys=tuple(meta.get("keys", ())),
    )


def list_indicators(manifest: dict) -> list[Indicator]:
    """Return every indicator of the warehouse, by name."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return [
        Indicator(
            name=node["name"],
            description=node["description"],
            meta=_meta(node),
            columns={column["name"]: column.get("description", "") for column in node["columns"].values()},
            upstream=_walk(manifest, node["unique_id"], "parent_map"),
            downstream=_walk(manifest, node["unique_id"], "child_map"),
        )
        for node in sorted(nodes, key=lambda node: node["name"])
        if _meta(node).get("indicator_id")
    ]


def public_indicators(manifest: dict) -> list[dict]:
    """Return the definitions that travel with a release: what each indicator in it is, is not, and by which rule."""
    return [
        {"model": indicator.name, **indicator.meta}
        for indicator in list_indicators(manifest)
        # Only what the privacy step is given can be in a release.
        if "indicators.ind_cells" in indicator.downstream
    ]


def find_indicator(manifest: dict, wanted: str) -> Indicator | None:
    """Return the indicator with this id (I01), model name, or model name without `ind_`; None when there is none."""
    wanted = wanted.lower().removeprefix("ind_")
    for indicator in list_indicators(manifest):
        names = {indicator.name.removeprefix("ind_"), str(indicator.meta["indicator_id"]).lower()}
        if wanted in names:
            return indicator
    return None


def parameter_values(indicator: Indicator) -> list[dict]:
    """Return the indicator's parameters by authority and school year, from the dbt seed; empty when it has none."""
    with (CHECKOUT / "dbt_project" / "seeds" / "indicator_parameters.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    # A variant (I01u, I13e5) has the parameters of its indicator.
    own = str(indicator.meta["indicator_id"])
    return [row for row in rows if row["indicator_id"] in (own, own[:3])]


def _model(manifest: dict, name: str) -> dict:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["name"] == name:
            return node
    raise KeyError(name)


def _meta(node: dict) -> dict:
    return node.get("meta") or node.get("config", {}).get("meta") or {}


def _walk(manifest: dict, start: str, direction: str) -> list[str]:
    """All models and sources reachable in one direction, nearest first, as `schema.table`."""
    seen, frontier = [], [start]
    while frontier:
        following = []
        for node_id in frontier:
            for neighbour in manifest[direction].get(node_id, []):
                if (
                    neighbour.split(".")[0] in ("model", "source", "seed")
                    and neighbour not in seen
                    and neighbour != start
                ):
                    seen.append(neighbour)
                    following.append(neighbour)
        frontier = following
    nodes = {**manifest["nodes"], **manifest["sources"]}
    return [f"{nodes[node_id]['schema']}.{nodes[node_id]['name']}" for node_id in seen]
