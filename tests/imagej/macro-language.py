#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs small macros in ImageJ and in Smearkit's interpreter and compares what they print.

  macro-language.py RUN_MACRO [CASES] [--keep DIR]

CASES (macro-language.txt beside this file by default) holds macros between lines `---`. Where ImageJ
stops at a dialog, Smearkit must stop too, after the same lines; a macro that begins with
`// refused` is one that Smearkit refuses on purpose though ImageJ goes on.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

JAR = "/usr/share/java/ij.jar"
# How long ImageJ may be silent before it is taken to stand at a dialog nobody sees.
SILENT_SECONDS = 8


def in_imagej(cases, folder):
    """[lines printed, stopped] of each case; after one that stops ImageJ begins anew."""
    home = os.path.join(folder, "home")
    os.makedirs(home, exist_ok=True)
    for i, case in enumerate(cases):
        with open(os.path.join(folder, f"{i}.ijm"), "w", encoding="utf-8") as f:
            f.write(case)
    answers = {}
    left = list(range(len(cases)))
    while left:
        lines = ['setBatchMode(true);', 'newImage("init", "8-bit black", 4, 4, 1); close();']
        for i in left:
            lines.append(f'print("<<{i}>>"); runMacro("{folder}/{i}.ijm");')
        lines.append('print("<<end>>");')
        macro = os.path.join(folder, "all.ijm")
        with open(macro, "w", encoding="utf-8") as f:
            f.write("\n".join(lines))
        current, ended = run_once(macro, home, answers)
        if ended:
            break
        if current is None:
            sys.exit("ImageJ did not start")
        answers[current][1] = True
        left = [i for i in left if i > current]
    return answers


def run_once(macro, home, answers):
    process = subprocess.Popen(
        ["xvfb-run", "-a", "java", "-Xmx512m", f"-Duser.home={home}", "-Dfile.encoding=UTF-8",
         "-cp", JAR, "ij.ImageJ", "-batch", macro],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    state = {"last": time.time(), "current": None, "ended": False}

    def read():
        for raw in process.stdout:
            state["last"] = time.time()
            line = raw.decode("utf-8", "replace").rstrip("\n")
            mark = re.fullmatch(r"<<(\w+)>>", line)
            if mark and mark.group(1) == "end":
                state["ended"] = True
            elif mark:
                state["current"] = int(mark.group(1))
                answers[state["current"]] = [[], False]
            elif state["current"] is not None:
                answers[state["current"]][0].append(line)

    reader = threading.Thread(target=read)
    reader.start()
    while process.poll() is None:
        time.sleep(0.1)
        if time.time() - state["last"] > SILENT_SECONDS:
            os.killpg(process.pid, 9)
            process.wait()
    reader.join(5)
    return state["current"], state["ended"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run_macro")
    parser.add_argument("cases", nargs="?",
                        default=os.path.join(os.path.dirname(__file__), "macro-language.txt"))
    parser.add_argument("--keep", help="folder for ImageJ's answers, which are used again")
    arguments = parser.parse_args()
    if not os.path.exists(JAR) or shutil.which("xvfb-run") is None:
        print("skipped: ImageJ is not installed (Debian: imagej xvfb xauth openjdk-17-jre)")
        sys.exit(77)
    with open(arguments.cases, encoding="utf-8") as f:
        cases = [case.strip() for case in f.read().split("\n---\n")]
    folder = os.path.abspath(arguments.keep or tempfile.mkdtemp())
    os.makedirs(folder, exist_ok=True)
    kept = os.path.join(folder, "answers.json")
    known = json.load(open(kept, encoding="utf-8")) if os.path.exists(kept) else {}
    missing = [case for case in cases if case not in known]
    if missing:
        for i, answer in in_imagej(missing, folder).items():
            known[missing[i]] = answer
        with open(kept, "w", encoding="utf-8") as f:
            json.dump(known, f)
    jobs = "".join(json.dumps({"macro": case}) + "\n" for case in cases)
    ours = subprocess.run([arguments.run_macro], input=jobs, text=True, stdout=subprocess.PIPE,
                          check=True).stdout.splitlines()
    same = 0
    for case, line in zip(cases, ours):
        lines, stopped = known[case]
        answer = json.loads(line)
        refused = "error" in answer
        if case.startswith("// refused"):
            right = refused and not stopped
        else:
            # A text that cannot be read is refused before anything is printed.
            printed = "\n".join(answer["lines"]).split("\n") if answer["lines"] else []
            right = refused == stopped and (printed == lines or
                                            (refused and not printed))
        same += right
        if not right:
            print(f"DIFFERS\n{case}\n  ImageJ:   {lines}{' (stopped)' if stopped else ''}\n"
                  f"  Smearkit: {answer['lines']} {answer.get('error', '')}")
    print(f"{same} of {len(cases)} the same")
    return 0 if same == len(cases) else 1


if __name__ == "__main__":
    sys.exit(main())
