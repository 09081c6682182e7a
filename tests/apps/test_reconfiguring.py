"""Another configuration for a meter that has been made: what is said of entries that a client may have set."""

from pathlib import Path

from softmeter.apps.reconfiguring import reconfigured
from softmeter.runtime.saved import Saved


def test_what_no_client_can_set_of_the_module_is_taken_even_where_one_has_set_the_rest(tmp_path: Path) -> None:
    path, said = tmp_path / "new.toml", list[str]()
    path.write_text('[modem]\nat_port = "pty"\nlink_limits = true\napn = "file"\n')
    saved = Saved({"modem": {"apn": b"client"}}, {}, 0)
    text = reconfigured("", str(path), saved, said.append)
    assert 'at_port = "pty"' in text
    assert said == [
        f"--config {path}: from now on the meter has its modem.at_port, modem.link_limits",
        f"--config {path}: modem.apn is ignored, a client has set something else, which stays",
    ]
