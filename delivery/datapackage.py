"""The Frictionless `datapackage.json` of a release: what each file holds, column by column.

Source: Data Package v1, Table Schema (https://specs.frictionlessdata.io/).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

FIELD_TYPES = {
    pl.String: "string",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Int8: "integer",
    pl.Int16: "integer",
    pl.Int32: "integer",
    pl.Int64: "integer",
    pl.Float32: "number",
    pl.Float64: "number",
}


@dataclass(frozen=True)
class TableDescription:
    """What a public table means, in words stated once, in the dbt `.yml` beside its model.

    `columns` maps a column to its description; `keys` names the columns that are unique together.
    """

    description: str
    columns: Mapping[str, str]
    keys: tuple[str, ...] = ()
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def describe_release(
    tables: Mapping[str, pl.DataFrame],
    descriptions: Mapping[str, TableDescription],
    *,
    name: str,
    title: str,
    indicators: list[dict],
    licence: str,
) -> dict:
    """Return the `datapackage.json` of a release: one CSV resource and one Parquet resource per table.

    Raises `ValueError` naming the table and columns that have no description: a public column is never unexplained.
    """
    resources = []
    for table, frame in sorted(tables.items()):
        schema = _table_schema(table, frame, descriptions[table])
        for suffix, media_type in (("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet")):
            resources.append(
                {
                    "name": table if suffix == "csv" else f"{table}_parquet",
                    "path": f"{table}.{suffix}",
                    "format": suffix,
                    "mediatype": media_type,
                    "title": table.replace("_", " ").capitalize(),
                    "description": descriptions[table].description,
                    **({"profile": "tabular-data-resource", "encoding": "utf-8"} if suffix == "csv" else {}),
                    "schema": schema,
                }
            )
    return {
        "profile": "data-package",
        "name": name,
        "title": title,
        "licenses": [{"name": licence}],
        "resources": resources,
        "indicators": indicators,
    }


def _table_schema(table: str, frame: pl.DataFrame, description: TableDescription) -> dict:
    missing = [column for column in frame.columns if not description.columns.get(column)]
    if missing:
        raise ValueError(f"{table}: no description for {', '.join(missing)}. Add it to the model's .yml.")
    fields = []
    for column, dtype in frame.schema.items():
        entry = {
            "name": column,
            "type": "number"
            if isinstance(dtype, pl.Decimal)
            else FIELD_TYPES[type(dtype) if not isinstance(dtype, type) else dtype],
            "description": description.columns[column],
        }
        if column in description.codes:
            entry["constraints"] = {"enum": sorted(description.codes[column])}
            entry["codes"] = dict(sorted(description.codes[column].items()))
        fields.append(entry)
    schema: dict = {"fields": fields, "missingValues": [""]}
    if description.keys:
        schema["primaryKey"] = list(description.keys)
    return schema
