"""A set of units from which no sensitive quantity follows by equations alone: the guarantee most peers give.

It does not keep whole-number readers from narrowing a value down (intervals.py does), and is here for comparison.
"""

from dataclasses import replace

import numpy as np
from scipy import sparse

from privacy.engine.algebra import PRIME, Algebra, directions
from privacy.engine.complementary import Choice, close_implications, list_fixed, mend_single_terms
from privacy.engine.master import SUPPORT, Master, cover, find_cheapest_change
from privacy.engine.problem import Problem
from privacy.release import Progress

ATTEMPTS, UNITS = 3, 60_000  # choices, each knowing what the last one broke: fewer where there are many units
GOOD = 0.03  # the gap at which no better one is looked for
LOSS, LAST_LOSS = 0.003, 0.002  # by how much a unit may make the relaxation cost more and still be looked at
SAMPLES = 3  # random vectors that tell directions apart
TRIMMED = 16  # quantities shown again between two eliminations
CLASS = 6  # members of one direction that are paired with each other, the cheapest


def choose_linearly(problem: Problem, progress: Progress) -> Choice:
    """The cheapest set found that leaves no sensitive quantity to equations alone, and a bound on any such set's cost.

    `unprotected`: sensitive quantities that stay determined whatever is withheld.
    """
    fixed = list_fixed(problem)
    hopeless = problem.sensitive & problem.known
    master = Master(problem, fixed)
    best = None
    attempts = min(max(UNITS // len(fixed), 1), ATTEMPTS)
    for number in range(attempts):
        progress("choosing", number, attempts)
        master.relax()
        hidden = master.choose(loss=LOSS if best is None else LAST_LOSS)
        mend_single_terms(problem, hidden)
        algebra = _mend(problem, master, hidden, hopeless)
        _trim(problem, hidden, fixed, hopeless, algebra)
        master.relax()
        cost = float(problem.cost[hidden & ~fixed].sum())
        if best is None or cost < best.cost:
            best = Choice(hidden, master.lower_bound, cost, np.flatnonzero(hopeless))
        best = replace(best, lower_bound=master.lower_bound)
        if best.gap <= GOOD:
            break
    return best


def _cut(problem: Problem, master: Master, mix: sparse.csr_matrix, terms: sparse.csr_matrix) -> None:
    """One term of the combination that determines a quantity must be withheld beside it, or one of its sums lifted."""
    mix, terms = mix.tocoo(), terms.tocoo()
    lifter = problem.lifted_by[mix.col]
    rows = np.concatenate([terms.row[~problem.known[terms.col]], mix.row[lifter >= 0]])
    units = np.concatenate([problem.unit[terms.col[~problem.known[terms.col]]], lifter[lifter >= 0]])
    loose = ~master.fixed[units]
    weights = sparse.csr_matrix(
        (np.ones(loose.sum()), (rows[loose], units[loose])), shape=(terms.shape[0], len(master.fixed))
    )
    weights.data[:] = 1
    weights = weights[np.diff(weights.indptr) > 0]
    master.cut(weights, np.ones(weights.shape[0]))


def _mend(problem: Problem, master: Master, hidden: np.ndarray, hopeless: np.ndarray) -> Algebra:
    """Withholds, in place, the cheapest cover of what is determined by single quantities and pairs that free it.

    Why they were determined goes to the master, whose bound rises by it. Gives the algebra of what is withheld then.
    """
    while True:
        algebra = Algebra(problem, hidden)
        determined = algebra.list_determined()
        determined = determined[(problem.sensitive & ~hopeless)[determined]]
        if not len(determined):
            return algebra
        mix, terms, bonds = algebra.explain(determined, SAMPLES)
        _cut(problem, master, mix, terms)
        price = np.where(problem.known | hidden[problem.unit], np.inf, problem.cost[problem.unit])
        left, right, freed = _list_remedies(terms.tocsc(), bonds, price)
        cost = price[left] + np.where(right >= 0, price[right], 0)
        chosen = cover(freed, cost)
        if not chosen.any():
            freed = np.zeros(len(problem.truth), dtype=bool)
            for target in determined:
                if not freed[target]:
                    hopeless[target] = not _free(problem, hidden, target, freed)
            continue
        quantities = np.concatenate([left[chosen], right[chosen]])
        hidden[problem.unit[quantities[quantities >= 0]]] = True
        close_implications(problem, hidden)


def _list_remedies(
    terms: sparse.csc_matrix, bonds: np.ndarray, price: np.ndarray
) -> tuple[np.ndarray, np.ndarray, sparse.csc_matrix]:
    """Single quantities and pairs whose withholding lets something change, and which determined quantity that frees.

    Returns the first and the second quantity (-1 for none) of each, and freed: determined quantities × remedies.
    """
    shown = np.flatnonzero(np.isfinite(price))
    label = directions(bonds[shown])
    single = shown[label == 0]
    single = single[np.diff(terms.indptr)[single] > 0]
    order = np.lexsort((price[shown], label))
    order = order[label[order] > 0]
    rank = np.arange(len(order)) - np.searchsorted(label[order], label[order])
    ranked, group = shown[order[rank < CLASS]], label[order[rank < CLASS]]
    pairs = [
        np.column_stack([ranked[:-step][same], ranked[step:][same]])
        for step in range(1, CLASS)
        if (same := group[:-step] == group[step:]).any()
    ]
    a, b = np.concatenate([np.zeros((0, 2), dtype=np.int64), *pairs]).T
    lead = np.argmax(bonds[a] != 0, axis=1)
    # a - (a's bond / b's bond) b changes no combination of sums without withheld terms.
    inverse = np.array([pow(int(value), -1, PRIME) for value in bonds[b, lead]], dtype=np.int64)
    ratio = bonds[a, lead] * inverse % PRIME
    second = terms[:, b]
    second.data = second.data * np.repeat(PRIME - ratio, np.diff(second.indptr)) % PRIME
    both = (terms[:, a] + second).tocsc()
    both.data %= PRIME
    both.eliminate_zeros()
    useful = np.diff(both.indptr) > 0
    freed = sparse.hstack([terms[:, single], both[:, useful]]).tocsc()
    freed.data = np.ones(freed.nnz)
    return np.concatenate([single, a[useful]]), np.concatenate([np.full(len(single), -1), b[useful]]), freed


def _free(problem: Problem, hidden: np.ndarray, target: int, freed: np.ndarray) -> bool:
    """Withholds, in place, what the cheapest change of one quantity needs: in its district, near it, or else anywhere.

    Marks, in place, whatever changes with it. False if it follows from the sums whatever is withheld. A unit that lifts
    a sum is withheld only for want of others.
    """
    holds = (problem.low == problem.high) & ~problem.lifted(hidden)
    price = np.where(hidden[problem.unit], 1e-3, problem.cost[problem.unit])
    own = problem.block == problem.block[target]
    for find in (
        lambda: own,
        lambda: own | np.isin(problem.block, [-1, *problem.list_partners(target, price, ~problem.known)]),
        lambda: np.ones(len(price), dtype=bool),
    ):
        columns = np.flatnonzero(find() & ~problem.known)
        change = find_cheapest_change(problem.matrix[holds][:, columns], price[columns], columns == target)
        if change is not None:
            moved = columns[np.abs(change) > SUPPORT]
            hidden[problem.unit[moved]] = freed[moved] = True
            close_implications(problem, hidden)
            return True
    lifters = problem.lifted_by[problem.by_quantity[:, [target]].indices]
    lifters = lifters[(lifters >= 0) & ~hidden[lifters]]
    hidden[lifters] = True
    return len(lifters) > 0


def _trim(problem: Problem, hidden: np.ndarray, fixed: np.ndarray, hopeless: np.ndarray, algebra: Algebra) -> None:
    """Shows again, in place, units no sensitive quantity needs, the dearest first; `algebra`: of what is withheld."""
    lifting = np.unique(problem.lifted_by[problem.lifted_by >= 0])
    while True:
        changes, withheld = algebra.sample_changes(TRIMMED + 2), algebra.withheld
        guarded = (problem.sensitive & ~hopeless)[withheld]
        label = directions(changes)
        # What changes only in proportion with a sensitive quantity must stay, now and later.
        needed = np.isin(label, label[guarded])
        bound = fixed.copy()
        bound[problem.unit[withheld[needed]]] = True
        bound[lifting] = True
        units = np.flatnonzero(hidden & ~bound)
        units = units[np.argsort(-problem.cost[units], kind="stable")]
        place = [[] for _ in range(len(hidden))]
        for i, unit in enumerate(problem.unit[withheld]):
            place[unit].append(i)
        shrinking = False
        for unit in units:
            if hidden[problem.implies[problem.implies[:, 1] == unit, 0]].any():
                continue
            kept = _still(changes, place[unit])
            if shrinking := kept.shape[1] < 2:
                break  # too few samples are left to tell: draw new ones
            if kept[guarded].any(axis=1).all():
                changes = kept
                hidden[unit] = False
        if not shrinking:
            return
        algebra = Algebra(problem, hidden)


def _still(changes: np.ndarray, places: list[int]) -> np.ndarray:
    """The changes that leave some quantities as they are, from random ones."""
    for place in places:
        own = changes[place]
        if own.any():
            lead = int(np.argmax(own != 0))
            ratio = own * pow(int(own[lead]), -1, PRIME) % PRIME
            changes = np.delete((changes - changes[:, [lead]] * ratio) % PRIME, lead, axis=1)
    return changes
