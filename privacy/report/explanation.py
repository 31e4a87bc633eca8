"""Why a cell is withheld, in plain words: its reason, the sums that tie it, the values it keeps; its median. Internal.

The reason tells whether a withheld value is small, so nothing here may be passed on.
"""

import polars as pl

from privacy.certificates import Certificates
from privacy.policy import Policy
from privacy.release import WITHHELD, Protected
from privacy.report.medians import explain_median, list_alone
from privacy.structure import KEY, ROW

INTERNAL = "INTERNAL: this tells which withheld numbers are sensitive. Do not pass it on."
WORDS = {
    "primary_n": "sensitive itself: few students stand behind it",
    "primary_numerator": "sensitive itself: few students had the outcome, or none",
    "primary_complement": "sensitive itself: few students did not have the outcome, or none",
    "primary_derived": "sensitive itself: a small number that nobody publishes, and that published ones give",
    "complementary": "not sensitive itself: without it, subtraction would bring back a sensitive number",
}
BEHIND = "never published by this table, which tells sizes and medians alone"
KINDS = {
    "partition": "groups that add up to all students",
    "hierarchy": "organisations that add up to the one above them",
    "outcome": "numerator and complement that add up to the denominator",
    "levels": "levels that add up to all students",
    "range": "what scores can be",
}
NAMED = 5  # other withheld numbers named per sum


def explain_cell(protected: Protected, certificates: Certificates | None, policy: Policy, cell: str) -> list[str]:
    """Lines of text about one cell, named by its key with slashes: table/year/organisation/type/value.

    Raises ValueError when there is no such cell.
    """
    label = pl.concat_str([pl.col(column).cast(pl.String) for column in KEY], separator="/")
    rows = protected.cells.filter(label == cell)
    if rows.is_empty():
        raise ValueError(f"there is no cell {cell}. A cell is named {'/'.join(KEY)}")
    row = rows.row(0, named=True)
    named = protected.structure.quantities.with_columns(label=label)
    cell_of_medians = row["table_id"] in list_alone(policy)
    lines = [INTERNAL, "", cell]
    for quantity, statistic in named.filter(pl.col("label") == cell).select("quantity", "statistic").rows():
        why = protected.reasons.filter(label == cell, pl.col("statistic") == statistic)["reason"].to_list()
        if not why:
            lines.append(f"  {statistic}: {row.get(f'{statistic}_status', 'shown')}.")
            continue
        reason = str(why[0])
        if cell_of_medians and statistic != "denominator":  # withheld whatever it is, and so for no reason of its own
            lines.append(f"  {statistic}: {BEHIND}{f'; {WORDS[reason]}' if reason != 'complementary' else ''}.")
        else:
            lines.append(f"  {statistic}: {WITHHELD}; {WORDS.get(reason, reason)}.")
        lines += _describe_ties(protected, named, quantity)
        lines.append(f"    {_describe_values(certificates, quantity, policy.required_candidates)}")
    return lines + explain_median(protected.cells, policy, row)


def _describe_ties(protected: Protected, named: pl.DataFrame, quantity: int) -> list[str]:
    """One line per relation the quantity is in."""
    structure = protected.structure
    names = named.select("quantity", "statistic", "label", *KEY).unique("quantity", keep="first", maintain_order=True)
    hidden = protected.reasons.select(ROW).with_columns(hidden=pl.lit(True))
    own = structure.terms.filter(pl.col("quantity") == quantity)["relation"].unique().sort()
    terms = structure.terms.filter(pl.col("relation").is_in(own.implode()))
    terms = terms.join(names, on="quantity", how="left", maintain_order="left")
    terms = terms.join(hidden, on=ROW, how="left", maintain_order="left")
    kinds = dict(structure.relations.filter(pl.col("relation").is_in(own.implode())).select("relation", "kind").rows())
    lines = []
    for (relation,), rows in terms.group_by(["relation"], maintain_order=True):
        others = rows.filter(pl.col("hidden").fill_null(False), pl.col("quantity") != quantity)
        listed = [f"{label} ({statistic})" for label, statistic in others.select("label", "statistic").rows()]
        more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
        kind = KINDS.get(kinds[relation], kinds[relation])
        what = f"withheld with it: {', '.join(listed[:NAMED])}{more}" if listed else "nothing else in it is withheld"
        lines.append(f"    tied by {kind}, {rows.height} numbers; {what}")
    return lines


def _describe_values(certificates: Certificates | None, quantity: int, required: int) -> str:
    if certificates is None:
        return "which values it keeps is not known yet: run the audit"
    values = list_values(certificates, quantity, required)
    if not values:
        return "the audit holds no certificate for it (it protects others and needs none, or the audit failed)"
    return f"a reader must think possible at least: {', '.join(map(str, values))}"


def list_values(certificates: Certificates, quantity: int, required: int) -> list[int]:
    """Up to `required` different whole values the certificates exhibit for a quantity, in ascending order."""
    base = certificates.base.filter(pl.col("quantity") == quantity)["value"]
    if base.is_empty():
        return []
    values = {base[0]}
    moves = certificates.moves.filter(pl.col("quantity") == quantity).join(
        certificates.spans, on="move", how="left", maintain_order="left"
    )
    for step, first, last in moves.select("step", "first", "last").iter_rows():
        for times in range(first, last + 1):
            if len(values) == required:
                return sorted(values)
            values.add(base[0] + times * step)
    return sorted(values)
