"""Teaching with nothing made up: takes from the demo, the small model, the window's own road."""

from __future__ import annotations

from app.lessons import Lessons
from app.models import find_model
from app.road import RecognizerLoader, make_session
from app.teaching import profile_path
from app.ui.main_window import MainWindow
from app.ui.services import Services
from app.ui.teach import Teaching
from app.ui.texts import teach as texts

WAVING_S = ((1.0, 4.2), (1.3, 4.0), (1.6, 4.4))  # in the demo


def test_a_move_of_the_demo_is_taught_and_told(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("STGAT_LIVE_HOME", str(tmp_path))
    loader = RecognizerLoader(find_model("stgat-actions-small"), "cpu")
    window = MainWindow(
        lambda spec: make_session(spec, loader, repeat_demo=True),
        lambda: [],
        "demo",
        autostart=False,
        services=Services(loader=loader),
    )
    window.show()
    teaching = window.findChild(Teaching)
    try:
        teaching.dock.show()
        teaching.panel.name.setText("my greeting")
        assert teaching.desk.add_action()
        lessons = Lessons(loader)
        for start_s, end_s in WAVING_S:
            take = lessons.cut("demo", start_s, end_s, lambda: False)
            teaching.profiles.change(lambda profile, take=take: profile.with_take("my greeting", take))
        assert [row.verdict.text() for row in teaching.panel.takes.rows] == [texts.GOOD] * 3
        teaching.learn()
        qtbot.waitUntil(lambda: bool(teaching.panel.learn.report.words()), timeout=60_000)
        assert any("3 of 3" in line for line in teaching.panel.learn.report.words())
        teaching.use()
        qtbot.waitUntil(
            lambda: any(
                label == "my greeting" and share > 0.2
                for decision in (window.snapshot.decisions if window.snapshot else ())
                for label, share in decision.top
            ),
            timeout=60_000,
        )
        assert loader.profile == profile_path(texts.MY_ACTIONS)
    finally:
        window.close()
        window.deleteLater()
        qtbot.wait(1)
