"""A publish that dies at any of its steps, each tried, is finished by the next one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from watchkeeper.publish import MANIFEST, diff, publish

SOURCE = Path(__file__).parents[2] / "src"
OLD = {"monitoring/a.yml": "old", "monitoring/b.yml": "same", "monitoring/gone/c.yml": "old", "z.yml": "old"}
NEW = {"monitoring/a.yml": "new", "monitoring/b.yml": "same", "monitoring/fresh/d.yml": "new", "z.yml": "new"}
NEXT = {"monitoring/a.yml": "next", "monitoring/fresh/d.yml": "next", "monitoring/e.yml": "next"}
STEPS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "open", "fcntl.flock"}


def die_at(step: int) -> None:
    """End this process at once, as kill -9 does, when its publish comes to that step."""
    left = step

    def hook(event: str, _: object) -> None:
        nonlocal left
        if event in STEPS:
            left -= 1
            if left < 0:
                os._exit(9)

    sys.addaudithook(hook)


def publish_dying(root: Path, step: int) -> int:
    """Publish NEW over OLD in a process that dies at `step`; return how it ended."""
    publish(OLD, root)
    pid = os.fork()
    if not pid:
        die_at(step)
        publish(NEW, root)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def tree(root: Path) -> dict[str, str]:
    """Every file below `root` but the manifest."""
    files = {str(p.relative_to(root)): p.read_text() for p in root.rglob("*") if p.is_file()}
    return {path: text for path, text in files.items() if path != MANIFEST}


def faults(root: Path) -> list[str]:
    """What is wrong after a death: torn or missing files, or a next publish that does not end well."""
    found = tree(root)
    wrong = [path for path in {*OLD, *NEW} if found.get(path) not in (OLD.get(path), NEW.get(path))]
    result = publish(NEXT, root)
    if result.kept or diff(NEXT, root) or tree(root) != {**NEXT, "monitoring/mine": "mine"}:
        wrong.append(f"after the next publish: {result}, {sorted(tree(root))}")
    return wrong


def every_step(root: Path) -> dict[str, list[str]]:
    """Die at the first step, the second, and so on until the publish comes through."""
    outcomes: dict[str, list[str]] = {}
    for step in range(1000):
        shutil.rmtree(root, ignore_errors=True)
        (root / "monitoring").mkdir(parents=True)
        (root / "monitoring/mine").write_text("mine")
        ended = publish_dying(root, step)
        outcomes[f"step {step}, exit {ended}"] = faults(root)
        if ended == 0:
            break
    return outcomes


def test_the_next_publish_finishes_whatever_step_the_last_one_died_at(tmp_path: Path) -> None:
    script = "import json, sys; from pathlib import Path; from test_publish_steps import every_step; "
    script += "print(json.dumps(every_step(Path(sys.argv[1]))))"
    environment = {**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{Path(__file__).parent}"}
    command = [sys.executable, "-c", script, str(tmp_path / "root")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    outcomes = json.loads(done.stdout)
    assert {step: wrong for step, wrong in outcomes.items() if wrong} == {}
    assert len(outcomes) > 40
    assert list(outcomes)[-1].endswith("exit 0")
