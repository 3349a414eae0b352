"""The measures of a ranking against values worked out by hand."""

from __future__ import annotations

import pytest

from bench.measures import average_precision, means, ndcg, recall, reciprocal_rank

GRADES = {"a": 3, "b": 2, "c": 1, "no": 0, "worse": -1}
RANKING = ["x", "a", "no", "c"]  # of what is relevant, a stands second, c fourth, and b is missing


def test_ndcg_is_the_gain_by_rank_against_the_best_order() -> None:
    # 3 / log2(3) + 1 / log2(5) = 1.89279 + 0.43068; the best order has 3 + 2 / log2(3) + 1 / log2(4) = 4.76186
    assert ndcg(RANKING, GRADES) == pytest.approx(2.32347 / 4.76186, abs=1e-5)
    assert ndcg(["a", "b", "c"], GRADES) == pytest.approx(1.0)
    assert ndcg(["c", "b", "a"], GRADES) == pytest.approx((1 + 1.26186 + 1.5) / 4.76186, abs=1e-5)
    assert ndcg(["worse", "a"], GRADES) == pytest.approx(1.89279 / 4.76186, abs=1e-5), (
        "less than nothing counts as nothing"
    )


def test_ndcg_looks_at_ten_of_what_was_found_and_ten_of_the_best() -> None:
    assert ndcg([*"0123456789", "a"], GRADES) == 0.0
    assert ndcg([*"012345678", "a"], GRADES) == pytest.approx(3 / 3.45943 / 4.76186, abs=1e-5)  # log2(11)
    many = {f"d{n}": 1 for n in range(20)}
    assert ndcg(list(many), many) == pytest.approx(1.0)


def test_average_precision_counts_what_was_not_found_as_nothing() -> None:
    assert average_precision(RANKING, GRADES) == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert average_precision(["a", "b", "c"], GRADES) == 1.0


def test_reciprocal_rank_is_that_of_the_first_relevant_one() -> None:
    assert reciprocal_rank(RANKING, GRADES) == 1 / 2
    assert reciprocal_rank(["no", "worse", "x"], GRADES) == 0.0


def test_recall_is_the_share_of_what_is_relevant_among_the_first() -> None:
    assert recall(RANKING, GRADES) == pytest.approx(2 / 3)
    assert recall(RANKING, GRADES, depth=2) == pytest.approx(1 / 3)
    assert recall([str(n) for n in range(100)] + ["a"], GRADES) == 0.0


def test_a_query_without_an_answer_counts_and_one_without_anything_relevant_does_not() -> None:
    judged = {"one": GRADES, "unanswered": {"a": 1}, "nothing": {"a": 0}}
    found = means({"one": ["a", "b", "c"], "nothing": ["a"]}, judged)
    assert found == pytest.approx({"nDCG@10": 0.5, "MAP": 0.5, "MRR": 0.5, "recall@100": 0.5})
    assert means({}, {}) == {"nDCG@10": 0.0, "MAP": 0.0, "MRR": 0.0, "recall@100": 0.0}
    assert [measure([], {}) for measure in (ndcg, average_precision, reciprocal_rank, recall)] == [0.0] * 4
