"""The tables of the shared disclosure benchmark as problems of the engine, posed in the terms of its peers' figures.

Every cell may be withheld by itself; 1 to 9 is sensitive; zeros are shown and known to be.
"""

from pathlib import Path

import disclosure_chronic_absenteeism as tables
import numpy as np
import polars as pl
from scipy import sparse

from privacy.engine.problem import UNBOUNDED, Problem
from privacy.policy import load_policy
from privacy.structure import build_structure, check_cells

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "disclosure-benchmark"
GEOGRAPHY = ("school", "district", "region")
LINKED_LEVELS = {
    "school": ("school", "district"),
    "lea": ("district", "region"),
    "region": ("region", "state"),
    "state": ("state", None),
}


def read_input(name: str) -> Problem:
    """The problem of one input, such as abs_60, rs_1800 or rsg_60 (dense_N: an invented rsg of N schools)."""
    if name.startswith("dense_"):
        return pose_crossed(invent_dense(int(name.removeprefix("dense_"))))
    students = pl.read_csv(FOLDER / "inputs" / f"{name}.csv")
    return pose_linked(students) if name.startswith("abs") else pose_crossed(students)


def pose_linked(students: pl.DataFrame) -> Problem:
    """Absent, not absent and all: three published cells of every group and organisation, regions too."""
    tables.LEVELS = LINKED_LEVELS
    policy = load_policy()
    cells = check_cells(tables.build_cells(students), policy)
    structure, truth = build_structure(cells, policy)
    terms, sums = structure.terms, structure.relations
    matrix = sparse.csr_matrix(
        (terms["coefficient"].to_numpy(), (terms["relation"].to_numpy(), terms["quantity"].to_numpy())),
        shape=(sums.height, len(truth)),
    )
    district = pl.when(pl.col("org_level") == "lea").then("org_id")
    district = district.when(pl.col("org_level") == "school").then("parent_org_id")
    block = cells.select("org_id", block=district.rank("dense").cast(pl.Int64).fill_null(0) - 1).unique()
    first = structure.quantities.unique("quantity", keep="first").sort("quantity")
    block = first.join(block, on="org_id", how="left", maintain_order="left")["block"].to_numpy()
    return pose(matrix, sums["low"].to_numpy(), truth, block)


def pose_crossed(students: pl.DataFrame) -> Problem:
    """Every margin of geography and the other columns, dense."""
    groups = [c for c in students.columns if c not in (*GEOGRAPHY, "n")]
    schools = students.select(GEOGRAPHY).unique().sort("school")
    codes, sums = [], []
    for column in groups:
        values = students[column].unique().sort().to_list()
        codes.append(students[column].replace_strict(values, range(1, len(values) + 1)).to_numpy())
        sums.append([(0, range(1, len(values) + 1))])
    # Geography: the state is place 0, then regions, districts, schools.
    places = [[""]] + [schools[column].unique().sort().to_list() for column in reversed(GEOGRAPHY)]
    offset = np.cumsum([0, *map(len, places)])
    place = {(level, name): offset[level] + i for level, names in enumerate(places) for i, name in enumerate(names)}
    parent = np.zeros(offset[-1], dtype=np.int64)
    block = np.full(offset[-1], -1)
    for school, district, region in schools.iter_rows():
        parent[place[3, school]], parent[place[2, district]] = place[2, district], place[1, region]
        block[[place[3, school], place[2, district]]] = place[2, district] - offset[2]
    children = [(p, np.flatnonzero(parent[1:] == p) + 1) for p in range(offset[3])]
    where = students["school"].replace_strict({name: place[3, name] for name in places[3]}).to_numpy()
    table = np.zeros((offset[-1], *(len(s[0][1]) + 1 for s in sums)), dtype=np.int64)
    np.add.at(table, (where, *codes), students["n"].to_numpy())
    for axis, lines in [*enumerate(sums, start=1), (0, children[::-1])]:
        view = np.moveaxis(table, axis, 0)
        for total, parts in lines:
            view[total] = view[list(parts)].sum(axis=0)
    matrix = sparse.vstack([_sum_rows(table.shape, axis, lines) for axis, lines in enumerate([children, *sums])])
    blocks = np.repeat(block, table.size // offset[-1])
    return pose(matrix.tocsr(), np.zeros(matrix.shape[0], dtype=np.int64), table.ravel(), blocks)


def _sum_rows(shape: tuple[int, ...], axis: int, lines: list) -> sparse.csr_matrix:
    """One row per sum along one axis: the parts +1, the total -1."""
    line = sparse.lil_matrix((len(lines), shape[axis]), dtype=np.int64)
    for row, (total, parts) in enumerate(lines):
        line[row, list(parts)], line[row, total] = 1, -1
    before, after = int(np.prod(shape[:axis])), int(np.prod(shape[axis + 1 :]))
    return sparse.kron(sparse.eye(before, dtype=np.int64), sparse.kron(line, sparse.eye(after, dtype=np.int64))).tocsr()


def pose(matrix: sparse.csr_matrix, residual: np.ndarray, truth: np.ndarray, block: np.ndarray) -> Problem:
    """The problem of the peers over given sums: each cell by itself, all about equally dear."""
    n, known = len(truth), truth == 0
    return Problem(
        matrix=matrix,
        low=residual,
        high=residual,
        lifted_by=np.full(matrix.shape[0], -1),
        truth=truth,
        floor=(~known).astype(np.int64),
        ceiling=np.full(n, UNBOUNDED),
        known=known,
        unit=np.arange(n),
        block=block,
        sensitive=(truth >= 1) & (truth <= 9),
        width=np.zeros(n),
        cost=1 + 0.01 * np.random.default_rng(1).random(n),
        implies=np.zeros((0, 2), dtype=np.int64),
        candidates=4,
    )


def invent_dense(schools: int) -> pl.DataFrame:
    """Invented students of some schools by race, sex and grade, in the proportions of rsg_60, seeded."""
    rng = np.random.default_rng(schools)
    races = np.array(["AM", "AS", "BL", "HI", "MR", "PI", "WH"])
    rows = []
    for school in range(schools):
        district = int(school * 0.17)
        grades = rng.permutation([range(0, 6), range(6, 9), range(9, 13)][school % 3])
        shares = rng.dirichlet([0.3, 0.8, 2.5, 4.0, 0.7, 0.1, 7.0])
        n = rng.multinomial(int(rng.lognormal(5.9, 0.7)), np.repeat(shares, 2 * len(grades)) / (2 * len(grades)))
        cells = n.reshape(len(races), 2, len(grades))
        for race, sex, grade in np.argwhere(cells):
            rows.append(
                {
                    "region": f"R{district % 8:02d}",
                    "district": f"D{district:04d}",
                    "school": f"S{school:05d}",
                    "race": races[race],
                    "sex": "FM"[sex],
                    "gr": f"G{grades[grade]:02d}",
                    "n": int(cells[race, sex, grade]),
                }
            )
    return pl.DataFrame(rows)
