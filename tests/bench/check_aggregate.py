#!/usr/bin/env python3
"""Is our aggregate the one of a peer?  check_aggregate.py CHECK PEER OURS   Exit 1 where it is not.

CHECK is the check.py of the benchmark kit, PEER and OURS are output folders. The kit also compares the
pseudonymised tables, which our line does not write in one place on purpose (the holder, the trusted third
party and the authority each hold a part, under keys of their own), so of its verdict only the aggregate counts."""
import subprocess
import sys

check, peer, ours = sys.argv[1:]
told = subprocess.run([sys.executable, check, peer, ours], capture_output=True, text=True)
if told.returncode not in (0, 1) or "cells" not in told.stdout:
    sys.exit(told.stderr or "the check of the kit told nothing")
print(told.stdout, end="")
verdict = told.stdout.splitlines()[-1].removeprefix(ours + ": ").split(" (")[0]
same = "agg" not in verdict.removeprefix("DIFFERENT ").split(",")
print("aggregate: " + ("SAME" if same else "DIFFERENT"))
sys.exit(not same)
