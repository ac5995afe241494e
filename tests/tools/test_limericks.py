"""A frame gives the first wording that scans, or none."""

from limericks import limerick, wordings

ZINC = {"name": "Zinc", "symbol": "Zn", "number": "30", "category": "transition metal"}
TITANIUM = {"name": "Titanium", "symbol": "Ti", "number": "22", "category": "transition metal"}


def test_a_line_has_all_readings_of_its_alternatives_in_order():
    assert list(wordings("(Young |){name}( once|) (sat)")) == [
        "Young {name} once (sat)",
        "Young {name} (sat)",
        "{name} once (sat)",
        "{name} (sat)",
    ]


def test_the_wording_follows_the_metre_of_the_name():
    frame = ("(Young |){name}( once| had once|) sat on a train,",)

    assert limerick(frame, TITANIUM) == "Young Titanium sat on a train,"
    assert limerick(frame, ZINC) == "Young Zinc once sat on a train,"


def test_a_frame_with_a_line_that_never_scans_does_not_fit():
    assert limerick(("{name} {name} {name} {name} {name} {name}",), TITANIUM) is None
