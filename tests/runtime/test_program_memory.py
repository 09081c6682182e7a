from pathlib import Path

import softmeter
from softmeter.legal import is_legal
from softmeter.runtime.program_memory import legal_sources


def test_the_sources_are_those_on_disk() -> None:
    root = Path(softmeter.__file__).parent
    found = {str(path.relative_to(root)): path for path in root.rglob("*.py")}
    assert legal_sources() == {name: path.read_bytes() for name, path in found.items() if is_legal(name)}
