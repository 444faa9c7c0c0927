"""Update docs/problems: the title of each page, the message of its example, and the index.

Run it after a code, a message or an example has changed: python scripts/problem_pages.py
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.cli import main as watchkeeper
from watchkeeper.emit import markdown
from watchkeeper.spec.problem import CODES

PAGES = Path(__file__).parents[1] / "docs" / "problems"
WRONG = ("Wrong", "With the note")
RIGHT = ("Right", "Without the note")
_GROUPS = {
    "WK0": "Reading the file",
    "WK1": "Keys and values",
    "WK2": "Values that do not fit together",
    "WK3": "Warnings and notes",
}
_BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_INTRO = """\
# Problems

Every problem that `watchkeeper render` can report has a page here: why it matters, a spec with the problem, and one without it.

```text
{example}```

A line contains the position (file, line, column), the level, what is wrong, what would be right, and the code.
`render` reports all problems of a spec at once, in the order of the file. `--format json` prints them for programs.

- An **error** stops the render: exit code 2, and no file is touched.
- A **warning** stops it with `--strict` only, which is right for a pipeline.
- A **note** never stops it.
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A spec in one or several files; the first is the root."""

    files: tuple[tuple[str, str], ...]
    encoding: str

    def write(self, folder: Path) -> Path:
        """Write the files under `folder` and return the root file."""
        for name, text in self.files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding=self.encoding)
        return folder / self.files[0][0]


@dataclass(frozen=True, slots=True)
class Page:
    """One problem's page."""

    code: str
    text: str

    @property
    def title(self) -> str:
        """Return the first line without its mark."""
        return self.text.partition("\n")[0].removeprefix("# ")

    @property
    def headings(self) -> tuple[str, ...]:
        """Return the headings of its sections."""
        return tuple(re.findall(r"^## (.+)$", self.text, re.MULTILINE))

    def section(self, *names: str) -> str:
        """Return the text under the first heading of these names; empty when there is none."""
        for part in self.text.split("\n## ")[1:]:
            heading, _, body = part.partition("\n")
            if heading in names:
                return body
        return ""

    def example(self, *names: str) -> Example | None:
        """Return the spec under one of these headings, or None when the page shows none."""
        found = _BLOCK.finditer(self.section(*names))
        files = tuple(
            (block["file"] or "spec.yml", block["text"])
            for block in found
            if block["language"] in ("yaml", "markdown")
        )
        # The example of that page is wrong in its encoding, not in its text.
        encoding = "latin-1" if self.code == "WK003" and names == WRONG else "utf-8"
        return Example(files, encoding) if files else None

    @property
    def shown_message(self) -> str | None:
        """Return the message that the page shows, or None when it shows none."""
        blocks = [b["text"] for b in _BLOCK.finditer(self.section(*WRONG)) if b["language"] == "text"]
        return blocks[0] if blocks else None


def pages() -> Iterator[Page]:
    """Yield every page in the order of the codes."""
    for path in sorted(PAGES.glob("WK*.md")):
        yield Page(path.stem, path.read_text(encoding="utf-8"))


def message(example: Example, code: str) -> str:
    """Return the lines that a render of the example prints for a code, with paths relative to its folder."""
    with tempfile.TemporaryDirectory() as folder:
        output = io.StringIO()
        with contextlib.redirect_stderr(output), contextlib.redirect_stdout(io.StringIO()):
            watchkeeper(["render", str(example.write(Path(folder))), "--out", f"{folder}/out"])
        lines = output.getvalue().replace(f"{folder}/", "").splitlines()
    return "".join(f"{line}\n" for line in lines if line.endswith(f"[{code}]"))


def index() -> str:
    """Return the index of all codes."""
    shown = next(page.shown_message or "" for page in pages() if page.code == "WK101")
    parts = [_INTRO.format(example=shown)]
    for prefix, heading in _GROUPS.items():
        rows = [
            (markdown.link(code, f"{code}.md"), level, title)
            for code, (level, title) in CODES.items()
            if code.startswith(prefix)
        ]
        parts.append(f"## {heading}\n\n{markdown.table(('code', 'level', 'what is wrong'), rows)}")
    parts.append("`python scripts/problem_pages.py` writes this index.\n")
    return "\n".join(parts)


def main() -> None:
    """Write the pages and the index."""
    for page in pages():
        text = page.text.replace(page.title, f"{page.code}: {CODES[page.code][1]}", 1)
        example = page.example(*WRONG)
        if example is not None and page.shown_message is not None:
            old = f"\n```text\n{page.shown_message}```\n"
            text = text.replace(old, f"\n```text\n{message(example, page.code)}```\n", 1)
        (PAGES / f"{page.code}.md").write_text(text, encoding="utf-8")
    (PAGES / "README.md").write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    main()
