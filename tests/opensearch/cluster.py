"""Three OpenSearch nodes, each a process that can be killed: `python -m tests.opensearch.cluster FOLDER [COMMAND ...]`.

One cluster serves all test processes of a run. They find it by FOLDER/cluster.json and hold a connection to its control
port, by which they also send "kill 2" and "start 2"; when nobody is connected any more, everything ends. A COMMAND
finds an index of theirs in BENCH_OPENSEARCH, and they end with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
JARS = HERE / "target" / "lib"
HEAP = "-Xmx320m"
ALONE = 10.0  # seconds without anybody connected, after which the cluster ends


def possible() -> bool:
    """Whether a JDK and Maven, or what Maven fetched before, are here."""
    return bool(shutil.which("java")) and (JARS.is_dir() or bool(shutil.which("mvn")))


def fetch() -> None:
    """Let Maven bring the artifacts and compile, once, also when several ask at a time."""
    (HERE / "target").mkdir(exist_ok=True)
    with open(HERE / "target" / "fetch.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if JARS.is_dir() and (HERE / "target" / "classes" / "Node.class").is_file():
            return
        shutil.rmtree(HERE / "target" / "lib.new", ignore_errors=True)
        subprocess.run(
            ["mvn", "-q", "-B", "compile", "dependency:copy-dependencies", "-DoutputDirectory=target/lib.new"],
            cwd=HERE, check=True, timeout=600,
        )  # fmt: skip
        shutil.rmtree(JARS, ignore_errors=True)
        (HERE / "target" / "lib.new").rename(JARS)  # whole or not at all


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below those that the system gives away to other tests before a node has started."""
    ports: set[int] = set()
    while len(ports) < count:
        port = random.SystemRandom().randrange(20000, 32000)
        with contextlib.suppress(OSError):
            socket.create_server(("127.0.0.1", port)).close()
            ports.add(port)
    return list(ports)


class Cluster:
    """The three processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ports = free_ports(6)
        self.http, self._transport = ports[:3], ports[3:]
        self._nodes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, number: int, first: bool = False) -> None:
        """Start a node; its data are where it left them."""
        home = self._folder / f"n{number}"
        home.mkdir(parents=True, exist_ok=True)
        command = [
            "java", HEAP, "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=4", "-Xshare:auto",
            "-cp", f"{HERE / 'target' / 'classes'}:{JARS}/*", "Node",
            str(home), str(number), str(self.http[number - 1]), ",".join(map(str, self._transport)),
        ]  # fmt: skip
        with open(self._folder / f"n{number}.log", "ab") as log:
            self._nodes[number] = subprocess.Popen(
                [*command, *(["first"] if first else [])], stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=home
            )

    def begin(self) -> None:
        """Start all, and wait for them."""
        for number in (1, 2, 3):
            self.start(number, first=True)
        self.wait(3)

    def kill(self, number: int) -> None:
        """End a node without warning."""
        self._nodes[number].send_signal(signal.SIGKILL)
        self._nodes[number].wait()

    def wait(self, nodes: int, seconds: float = 240) -> None:
        """Until so many nodes have joined and no copy of anything is missing that could be there."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for port in self.http:
                try:
                    with urllib.request.urlopen(
                        f"http://127.0.0.1:{port}/_cluster/health?local=false", timeout=5
                    ) as answer:
                        health = json.load(answer)
                except OSError:
                    continue
                if (
                    health["number_of_nodes"] == nodes
                    and health["status"] != "red"
                    and not health["initializing_shards"]
                ):
                    return
            time.sleep(0.2)
        raise TimeoutError(f"{self.alive()} nodes run and did not come to {nodes} in one cluster\n{self._last_words()}")

    def _last_words(self) -> str:
        logs = sorted(self._folder.glob("n*.log"))
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-2000:]}" for log in logs)

    def stop(self) -> None:
        """End all nodes."""
        for number, process in self._nodes.items():
            if process.poll() is None:
                self.kill(number)

    def alive(self) -> int:
        """How many nodes run."""
        return sum(p.poll() is None for p in self._nodes.values())


def serve(folder: Path) -> None:
    """Start all, and do what is asked until nobody is left to ask."""
    fetch()
    cluster = Cluster(folder)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(1)
    try:
        cluster.begin()
        facts = {"http": cluster.http, "control": listening.getsockname()[1]}
        (folder / "cluster.tmp").write_text(json.dumps(facts))
        (folder / "cluster.tmp").rename(folder / "cluster.json")
        connected: list[threading.Thread] = []
        last = time.monotonic()
        while time.monotonic() - last < ALONE or any(t.is_alive() for t in connected):
            if any(t.is_alive() for t in connected):
                last = time.monotonic()
            try:
                peer, _ = listening.accept()
            except TimeoutError:
                continue
            connected.append(threading.Thread(target=_obey, args=(peer, cluster), daemon=True))
            connected[-1].start()
    finally:
        (folder / "cluster.json").unlink(missing_ok=True)
        cluster.stop()


def lend(folder: Path, command: list[str]) -> int:
    """Run a command beside the nodes; what it said of how it went."""
    fetch()
    cluster = Cluster(folder)
    try:
        cluster.begin()
        hosts = ",".join(f"127.0.0.1:{port}" for port in cluster.http)
        return subprocess.call(command, env=os.environ | {"BENCH_OPENSEARCH": f"opensearch+http://{hosts}/bench"})
    finally:
        cluster.stop()


def _obey(peer: socket.socket, cluster: Cluster) -> None:
    peer.settimeout(None)
    with peer, peer.makefile("rw") as lines:
        for line in lines:
            command, number = line.split()
            try:
                if command == "wait":
                    cluster.wait(int(number))
                else:
                    getattr(cluster, {"kill": "kill", "start": "start"}[command])(int(number))
                lines.write("ok\n")
            except Exception as error:  # told to whoever asked
                lines.write(f"{error!r}\n")
            lines.flush()


if __name__ == "__main__":
    if sys.argv[2:]:
        sys.exit(lend(Path(sys.argv[1]), sys.argv[2:]))
    serve(Path(sys.argv[1]))
