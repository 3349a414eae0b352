"""What a process that is killed without warning leaves behind: `python -m bench.kills [TIMES]`."""
