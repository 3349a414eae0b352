"""What a coach has to read before she decides on a resubmission is counted as an eye would, and stays little."""

from __future__ import annotations

from pathlib import Path

from bench.attention import ROUND, Sight, measured, seconds, sight

PAGE = """
<p>Two words</p> <p class="hide">for those who listen</p> <script>let it = 1</script> <p hidden>not here</p>
<details><summary>Open me</summary> folded away <details open><summary>deep</summary>down</details></details>
<details open><summary>Is open</summary> in sight</details>
<label>A name</label> <select><option>no</option><option selected>yes</option></select> <button>Press</button> · —
<p class="words"><strong>You:</strong> what people <br> wrote</p> <textarea>typed</textarea>
"""


def test_words_are_counted_as_an_eye_meets_them() -> None:
    assert sight(PAGE) == Sight(theirs=4, said=4, controls=8)
    assert sight("<p>a</p>") + sight("<button>b c</button>") == Sight(0, 1, 2)
    assert round(seconds(238, 2, 3), 2) == 60 + 2 * 2 + 3 * 2.65


def test_a_coach_meets_little_besides_what_people_wrote_and_all_of_that(tmp_path: Path) -> None:
    found = list(measured(tmp_path))
    assert [points for points, *_ in found] == [1, 2, 3]
    for points, line, page, record in found:
        written = " ".join(" ".join(each[1:]) for each in ROUND[:points]).split()
        assert page.theirs >= len(written), "each point, its answer, and what was put in"
        assert page.said <= 40 and page.controls <= 80, (points, page)
        assert line.all <= 35 and page.read * 3 < record.read, "a third of the whole, or less"
    assert seconds((found[-1][1] + found[-1][2]).read, 2, 2) < 60, "by the formula, for three points"
