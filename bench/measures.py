"""How good a ranking is, from 0 to 1, by what people judged: nDCG@10, average precision, reciprocal rank, recall@100.

A document nobody judged counts as not relevant; for the measures without grades every grade above 0 is relevant.
Definitions as in the evaluation program of the TREC conferences: Järvelin and Kekäläinen, "Cumulated gain-based
evaluation of IR techniques" (2002), with the grade itself as the gain; Voorhees and Harman (eds.), "TREC" (2005).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

Grades = Mapping[str, int]  # document -> grade; 0 and less is not relevant
Measure = Callable[[Sequence[str], Grades], float]


def ndcg(ranking: Sequence[str], grades: Grades, depth: int = 10) -> float:
    """The gain of the first documents, each divided by the logarithm of its rank, against the best order possible."""
    best = _gain(sorted(grades.values(), reverse=True)[:depth])
    return _gain([grades.get(document, 0) for document in ranking[:depth]]) / best if best else 0.0


def average_precision(ranking: Sequence[str], grades: Grades) -> float:
    """The share of relevant documents down to each relevant one, averaged; those not found count 0."""
    found, total = 0, 0.0
    for rank, document in enumerate(ranking, 1):
        if grades.get(document, 0) > 0:
            found += 1
            total += found / rank
    return total / _relevant(grades) if _relevant(grades) else 0.0


def reciprocal_rank(ranking: Sequence[str], grades: Grades) -> float:
    """One divided by the rank of the first relevant document; 0 when there is none."""
    return next((1 / rank for rank, d in enumerate(ranking, 1) if grades.get(d, 0) > 0), 0.0)


def recall(ranking: Sequence[str], grades: Grades, depth: int = 100) -> float:
    """The share of the relevant documents that stand among the first."""
    found = sum(grades.get(document, 0) > 0 for document in ranking[:depth])
    return found / _relevant(grades) if _relevant(grades) else 0.0


MEASURES: Mapping[str, Measure] = {
    "nDCG@10": ndcg,
    "MAP": average_precision,
    "MRR": reciprocal_rank,
    "recall@100": recall,
}


def means(rankings: Mapping[str, Sequence[str]], judged: Mapping[str, Grades]) -> dict[str, float]:
    """Each measure averaged over the queries that have anything relevant; a query without an answer counts 0."""
    asked = [query for query in judged if _relevant(judged[query])]
    return {
        name: fmean(measure(rankings.get(query, ()), judged[query]) for query in asked) if asked else 0.0
        for name, measure in MEASURES.items()
    }


def _gain(grades: Sequence[int]) -> float:
    return sum(max(0, grade) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def _relevant(grades: Grades) -> int:
    return sum(grade > 0 for grade in grades.values())
