#!/usr/bin/env python3
"""Drives the stranger's client against a real chat-server over TLS, with `sealwire join` and other strangers."""

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PATIENCE = int(os.environ.get("SEALWIRE_PATIENCE", "60"))


def program(name):
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    named = os.environ.get("SEALWIRE_BIN_DIR")
    folders = [Path(named)] if named else [target / "release", target / "debug"]
    found = next((folder / name for folder in folders if (folder / name).exists()), None)
    if found is None:
        sys.exit(f"There is no {name} in {folders}: build it first.")
    return str(found)


class Program:
    """A child process whose lines are kept and waited for."""

    started = []

    @classmethod
    async def start(cls, *command):
        self = cls()
        self.name, self.lines, self.more = Path(command[1] if "python" in command[0] else command[0]).name, [], asyncio.Condition()
        self.process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, limit=1 << 22
        )
        self.reading = asyncio.create_task(self.read())
        cls.started.append(self)
        return self

    @classmethod
    def run(cls, main):
        """Runs the whole test; a program that it leaves behind is ended."""

        async def whole():
            try:
                await main()
            finally:
                for program in cls.started:
                    if program.process.returncode is None:
                        program.process.kill()
                        await program.process.wait()

        asyncio.run(whole())

    async def read(self):
        while line := await self.process.stdout.readline():
            async with self.more:
                self.lines.append(line.decode().rstrip("\n"))
                self.more.notify_all()
        async with self.more:
            self.lines.append("(ended)")
            self.more.notify_all()

    async def line(self, find):
        """The first line, printed already or still to come, in which `find` finds something."""
        at = 0
        try:
            async with asyncio.timeout(PATIENCE), self.more:
                while True:
                    while at < len(self.lines):
                        if found := find(self.lines[at]):
                            return found
                        at += 1
                    assert self.lines[-1:] != ["(ended)"], f"{self.name} ended:\n" + "\n".join(self.lines)
                    await self.more.wait()
        except TimeoutError:
            raise AssertionError(f"{self.name} did not say it:\n" + "\n".join(self.lines)) from None

    async def said(self, **fields):
        """Waits for a JSON line with these fields."""

        def find(line):
            said = json.loads(line) if line.startswith("{") else {}
            return said if all(said.get(key) == value for key, value in fields.items()) else None

        return await self.line(find)

    def types(self, line):
        self.process.stdin.write(line.encode() + b"\n")

    async def leave(self):
        self.process.stdin.close()
        code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        await self.reading
        assert code == 0, f"{self.name} ended with {code}:\n" + "\n".join(self.lines)

    async def stop(self):
        self.process.send_signal(signal.SIGTERM)
        await self.leave()


async def serve(folder):
    """A chat-server over TLS with a certificate of its own."""
    key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", *names, "-keyout", key, "-out", certificate]
    made = await asyncio.create_subprocess_exec(*make, stderr=asyncio.subprocess.DEVNULL)
    assert await made.wait() == 0, "openssl makes no certificate"
    options = ["--listen=127.0.0.1:0", f"--data={folder}/data", f"--tls-cert={certificate}", f"--tls-key={key}"]
    server = await Program.start(program("chat-server"), *options)
    port = await server.line(lambda line: re.search(r"listen(?:s|ing) on [\d.]+:(\d+)", line))
    return server, f"localhost:{port[1]}", certificate


async def strangers_alone(address, ca):
    """Two strangers find the key, talk, and one goes on when the other has left."""
    start = [sys.executable, str(HERE / "stranger.py"), "--server", address, "--ca", ca, "--guest"]
    eins = await Program.start(*start, "Eins")
    await eins.said(kind="ready", name="Eins", epoch=1)
    zwei = await Program.start(*start, "Zwei")
    await zwei.said(kind="ready", epoch=1)
    await eins.said(kind="joined", name="Zwei")
    eins.types("12:30 <b>שלום</b> 👋")
    await zwei.said(kind="message", name="Eins", text="12:30 <b>שלום</b> 👋")
    zwei.types("x" * 100_000)
    await eins.said(kind="message", name="Zwei", text="x" * 100_000)
    await zwei.leave()
    await eins.said(kind="left", name="Zwei", reason="signed_out")
    eins.types("alone")
    await eins.said(kind="message", name="Eins", text="alone")
    drei = await Program.start(*start, "Zwei")
    await drei.said(kind="ready")
    drei.types("the name was free again")
    await eins.said(kind="message", name="Zwei", text="the name was free again")
    await drei.leave()
    await eins.leave()
    for each in (eins, zwei, drei):
        assert not any('"unreadable"' in line for line in each.lines if each is not drei), each.lines


async def with_a_terminal(address, ca):
    """A stranger and `sealwire join` hear each other, whoever made the key."""
    stranger = [sys.executable, str(HERE / "stranger.py"), "--server", address, "--ca", ca, "--guest", "stranger"]
    sealwire = [program("sealwire"), "join", f"--server=tls://{address}", f"--ca={ca}", "--guest=terminal", "--room=lobby", "--json"]
    for first, second in ((stranger, sealwire), (sealwire, stranger)):
        one = await Program.start(*first)
        await one.line(lambda line: "ready" in line or "keyed" in line)
        other = await Program.start(*second)
        await other.line(lambda line: "ready" in line or "keyed" in line)
        one.types("from the first")
        await other.line(lambda line: "from the first" in line)
        other.types("from the second")
        await one.line(lambda line: "from the second" in line)
        await other.leave()
        await one.leave()


async def main():
    with tempfile.TemporaryDirectory() as folder:
        server, address, ca = await serve(folder)
        cases = [strangers_alone, with_a_terminal]
        for case in cases:
            await case(address, ca)
            print(f"{case.__name__}: ok", flush=True)
        await server.stop()
    print(f"{len(cases)} passed")


if __name__ == "__main__":
    Program.run(main)
