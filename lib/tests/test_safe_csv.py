import csv

from lib.safe_csv import csv_lines


def test_lines_are_csv_and_formulas_are_text() -> None:
    rows = [
        ["=1+1", "+15125550148", "@x", "-2", -2, None, 'a "b", c'],
        ["plain", "", "\tx", "é", 1.5, True, "two\nlines"],
    ]

    lines = list(csv_lines(["a", "b", "c", "d", "e", "f", "g"], rows))

    assert list(csv.reader(lines)) == [
        ["a", "b", "c", "d", "e", "f", "g"],
        ["'=1+1", "'+15125550148", "'@x", "'-2", "-2", "", 'a "b", c'],
        ["plain", "", "'\tx", "é", "1.5", "True", "two\nlines"],
    ]
