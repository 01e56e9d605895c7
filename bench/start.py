"""What `maskpipe run` adds to starting `true`, beside tini and env.

usage: MASKPIPE=build/maskpipe bench/start.py [--check] [ROUNDS]

100 secrets from a file; the median of 200 rounds, taken in turn so that all
meet the same machine. Memory is what a run that waits has for itself alone
(Private_* of /proc/PID/smaps_rollup). Promised are less than 10 ms and 10 MiB;
with --check, more memory ends with 1. What a clock says depends on who else is
at work, so it fails nothing.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def spent(argv):
    begin = time.perf_counter()
    subprocess.run(argv, check=True)
    return 1000 * (time.perf_counter() - begin)


def private_memory(argv):
    process = subprocess.Popen(argv)
    try:
        time.sleep(0.5)
        with open('/proc/%d/smaps_rollup' % process.pid) as f:
            return sum(int(line.split()[1]) for line in f
                       if line.startswith('Private_')) / 1024
    finally:
        process.terminate()
        process.wait()


def main():
    arguments = sys.argv[1:]
    check = '--check' in arguments
    rounds = int(([a for a in arguments if a != '--check'] or ['200'])[0])
    binary = os.path.abspath(os.environ['MASKPIPE'])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'secrets.json')
        with open(path, 'w') as f:
            json.dump({'name-%d' % i: 'Value-%d-%x' % (i, i * 7919 + 123456789)
                       for i in range(100)}, f)
        os.chmod(path, 0o600)
        run = [binary, 'run', '--source', 'file:' + path, '--']
        rivals = {'alone': [], 'env': ['env'], 'maskpipe run': run}
        if shutil.which('tini'):
            rivals['tini'] = ['tini', '-s', '--']
        times = {name: [] for name in rivals}
        for _ in range(rounds):
            for name, prefix in rivals.items():
                times[name].append(spent([*prefix, 'true']))
        median = {name: statistics.median(t) for name, t in times.items()}
        for name, t in median.items():
            print('%-13s %6.2f ms  adds %5.2f ms' % (name, t,
                                                     t - median['alone']))
        memory = private_memory([*run, 'sleep', '5'])
        print('private memory of maskpipe run: %.1f MiB' % memory)
    added = median['maskpipe run'] - median['alone']
    print('promised, less than 10 ms: %s' % ('yes' if added < 10 else 'NO'))
    return int(check and memory >= 10)


if __name__ == '__main__':
    sys.exit(main())
