"""Runs the commands in docs/cluster's files for Kubernetes, GitHub and GitLab as each scheduler would, with its
variables, and compares what the shards merge into with a run of its own.

    files.py SOCKLAB
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    yaml = None

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parents[1]
FILES = REPO / "docs" / "cluster"
# Little time, and different ends.
SAMPLES = ["s1001", "s1002", "s1008", "s1009", "s1013", "s1016.zip", "s1018"]
MERGE = "socklab merge run/shard-* --out run/whole"


def kubernetes(text):
    """Each pod is told its index; the volume is a folder."""
    spec = yaml.safe_load(text)["spec"]
    [container] = spec["template"]["spec"]["containers"]
    env = {entry["name"]: entry["value"] for entry in container["env"]}
    shards = spec["completions"]
    assert env["SHARDS"] == str(shards), "SHARDS is not the number of completions"
    script = container["args"][0].replace("/class/", "")
    for index in range(shards):
        yield script, {**env, "JOB_COMPLETION_INDEX": str(index)}, container["command"]
    yield MERGE, {}, ["sh", "-c"]


def github(text):
    """The runner puts a matrix's values into the text of the script."""
    jobs = yaml.safe_load(text)["jobs"]
    matrix = jobs["grade"]["strategy"]["matrix"]
    [total] = matrix["total"]
    assert matrix["shard"] == list(range(1, total + 1)), "the matrix leaves out a shard"
    script = next(s["run"] for s in jobs["grade"]["steps"] if s.get("name") == "Grade")
    for shard in matrix["shard"]:
        text = script.replace("${{ matrix.shard }}", str(shard)).replace("${{ matrix.total }}", str(total))
        yield text, {}, ["bash", "-ec"]
    yield next(s["run"] for s in jobs["merge"]["steps"] if s.get("name") == "Merge"), {}, ["bash", "-ec"]


def gitlab(text):
    """GitLab numbers the jobs from 1."""
    jobs = yaml.safe_load(text)
    total = jobs["grade"]["parallel"]
    for index in range(1, total + 1):
        env = {"CI_NODE_INDEX": str(index), "CI_NODE_TOTAL": str(total)}
        yield "\n".join(jobs["grade"]["script"]), env, ["sh", "-ec"]
    yield "\n".join(jobs["merge"]["script"]), {}, ["sh", "-ec"]


def main():
    if yaml is None:
        print("SKIPPED: the files for schedulers: Python has no yaml here")
        return
    socklab = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        (work / "bin").mkdir()
        (work / "bin" / "socklab").symlink_to(socklab)
        env = {**os.environ, "PATH": f"{work / 'bin'}:{os.environ['PATH']}"}
        alone = work / "alone"
        submissions = alone / "submissions"
        submissions.mkdir(parents=True)
        for sample in SAMPLES:
            source = REPO / "tests" / "class" / sample
            if source.is_dir():
                shutil.copytree(source, submissions / sample)
            else:
                shutil.copy(source, submissions / sample)

        def run(script, more, shell, cwd):
            done = subprocess.run([*shell, script], cwd=cwd, env={**env, **more}, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{script}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")

        run("socklab grade tcp-echo-server submissions --out run/whole", {}, ["sh", "-c"], alone)
        for name, commands in (("kubernetes.yaml", kubernetes), ("github.yml", github), ("gitlab.yml", gitlab)):
            place = work / name
            shutil.copytree(submissions, place / "submissions")
            calls = list(commands((FILES / name).read_text()))
            for script, more, shell in calls:
                run(script, more, shell, place)
            print(f"{name}: {len(calls) - 1} shards, ", end="", flush=True)
            same = [sys.executable, HERE / "same_run.py", alone / "run" / "whole", place / "run" / "whole"]
            subprocess.run(same, check=True)


main()
