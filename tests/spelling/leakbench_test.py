"""Runs the leak bench, which is kept outside the project, where it is: MASKPIPE_LEAKBENCH names it,
or it lies in ../shared/leakbench beside the repository.

    leakbench_test.py REPOSITORY
"""
import os
import subprocess
import sys

CASES = 414


def main():
    bench = os.environ.get("MASKPIPE_LEAKBENCH") or os.path.join(
        sys.argv[1], os.pardir, "shared", "leakbench", "leakbench.py")
    if not os.path.isfile(bench):
        print("SKIPPED: there is no leak bench (MASKPIPE_LEAKBENCH=FILE)")
        return 77
    done = subprocess.run(
        [sys.executable, "-B", bench, "-v", "--", os.environ["MASKPIPE"], "--source",
         "file:{secrets}", "--mask-all", "--log-level=error"],
        stdout=subprocess.PIPE, text=True, timeout=500)
    print(done.stdout)
    told = done.stdout.splitlines()
    fine = (done.returncode == 0 and "masked %d of %d cases" % (CASES, CASES) in told and
            "over-masking on clean lines: none" in told)
    return 0 if fine else 1


sys.exit(main())
