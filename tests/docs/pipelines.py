# SPDX-License-Identifier: Apache-2.0
"""pipelines.py SOURCE PROGRAM: the program finds every whole pipeline in the documents valid."""
import pathlib
import re
import subprocess
import sys
import tempfile

source, program = pathlib.Path(sys.argv[1]), sys.argv[2]
checked, failed = 0, []
for page in [source / "README.md", *sorted(source.glob("docs/*.md"))]:
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.S):
        if "stages:" not in block:
            continue
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / page.with_suffix(".yaml").name
            file.write_text(block, encoding="utf-8")
            result = subprocess.run([program, "check", str(file)], capture_output=True, text=True)
        checked += 1
        if result.returncode != 0:
            failed.append(f"in {page}:\n{result.stderr}")
if checked == 0:
    sys.exit("no pipeline found in the documents")
sys.exit("\n".join(failed) or 0)
