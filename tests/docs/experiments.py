# SPDX-License-Identifier: Apache-2.0
"""experiments.py SOURCE PROGRAM: the experiments that come along are valid, and the small study asks
what the full-size one asks: the same grids and the same claims by the same rules."""
import pathlib
import struct
import subprocess
import sys
import tempfile

import yaml

source, program = pathlib.Path(sys.argv[1]), sys.argv[2]
failed = []


def picture(red, green, blue):
    """A BMP of 8 x 8 pixels of one colour."""
    pixels = bytes([blue, green, red]) * 64
    return (struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 24, 0, len(pixels), 2835, 2835, 0, 0) + pixels)


def experiment(name):
    return yaml.safe_load((source / "pipelines" / f"{name}.yaml").read_text(encoding="utf-8"))


def claims(study):
    # The strongest blur is the one that claims compare with, whatever its sigma is at this size.
    strongest = f"-{max(study['blur'])}"
    text = yaml.dump(study["claims"])
    if f"control/blurred-benign{strongest}" not in text:
        failed.append(f"{study['name']}: no claim on the strongest blur")
    return text.replace(f"blurred-benign{strongest}", "blurred-benign")


full, small = experiment("study"), experiment("study-small")
if full["grids"] != small["grids"]:
    failed.append("study and study-small have different grids")
if claims(full) != claims(small):
    failed.append("study and study-small have different claims")
if full["cells"] != small["cells"]:
    failed.append("study and study-small find cells differently")

with tempfile.TemporaryDirectory() as folder:
    for number, name in enumerate(["benign", "early-pre-b", "pre-b", "pro-b"]):
        (pathlib.Path(folder) / "data" / name).mkdir(parents=True)
        for i in range(60):
            file = pathlib.Path(folder) / "data" / name / f"{100 + i}.bmp"
            file.write_bytes(picture(200 + i % 50, 40 * number, i))
    for name in ("study", "study-small"):
        result = subprocess.run(
            [program, "sweep", str(source / "pipelines" / f"{name}.yaml"), "--data",
             f"{folder}/data", "-o", f"{folder}/out", "--dry-run"], capture_output=True, text=True)
        if result.returncode != 0:
            failed.append(f"{name}:\n{result.stderr}")
        if pathlib.Path(folder, "out").exists():
            failed.append(f"{name}: --dry-run wrote something")

sys.exit("\n".join(failed) or 0)
