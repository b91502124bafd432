from __future__ import annotations

from app.ui.texts import language, train
from stgat.data.formats import FORMATS


def test_kinds_of_data_that_are_no_names_are_said_in_the_language():
    titles = {form.title for form in FORMATS.values()}
    assert titles >= train._KINDS_OF_DATA.keys()
    german = language.load("de")
    said = {train.kind_of_data(title) for title in titles if german.gettext(title) != title}
    assert said == {title for title in titles if " of " in title or " as " in title}
    assert train.kind_of_data("My own data") == "My own data"
