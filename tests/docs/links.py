# SPDX-License-Identifier: Apache-2.0
"""links.py SOURCE: every relative link in the documents leads to a file, and every anchor to a heading."""
import pathlib
import re
import sys


def text_of(page):
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)


def anchors_of(page):
    headings = re.findall(r"^#+ +(.*)$", text_of(page), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def problems(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        if not file.exists():
            yield f"{page}: there is no {target}"
        elif anchor and file.suffix == ".md" and anchor not in anchors_of(file):
            yield f"{page}: {target} leads to no heading"


source = pathlib.Path(sys.argv[1])
pages = sorted([*source.glob("*.md"), *source.glob("docs/**/*.md"), *source.glob("plugins/**/*.md")])
if not pages:
    sys.exit(f"no documents in {source}")
found = [problem for page in pages for problem in problems(page)]
sys.exit("\n".join(found) or 0)
