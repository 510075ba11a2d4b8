#!/usr/bin/env python3
"""Runs every command of the sh blocks of README.md and docs/operating.md, in order: servers are started, probed and stopped at the end, `join` talks."""

import asyncio
import os
import re
import shutil
import ssl
import tempfile
import urllib.request

# The first start of a program may build it.
os.environ.setdefault("SEALWIRE_PATIENCE", "1200")

from talk import PATIENCE, ROOT, Program  # noqa: E402

LISTENING = re.compile(r"listen(?:s|ing) on (https?://)?([\w.]+:\d+)")


DOCUMENTS = ("README.md", "docs/operating.md")
FOLDERS = ("team", "operating")


def commands(document):
    """The commands, with continued lines joined."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / document).read_text(), re.M | re.S)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def serves(command):
    """A program without a command of its own, or with flags only."""
    if not command.startswith("cargo run"):
        return False
    _, _, arguments = command.partition(" -- ")
    return not arguments or arguments.startswith("--")


def clean():
    for folder in FOLDERS:
        shutil.rmtree(ROOT / "target" / folder, ignore_errors=True)


async def shell(command):
    return await Program.start("bash", "-c", f"exec {command}")


async def serve(command):
    """Starts a server and looks whether it serves."""
    server = await shell(command)
    scheme, address = await server.line(lambda line: (found := LISTENING.search(line)) and found.groups(""))
    if not scheme:
        _, writer = await asyncio.open_connection(*address.split(":"))
        writer.close()
        return server
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    page = await asyncio.to_thread(urllib.request.urlopen, f"{scheme}{address}/", timeout=PATIENCE, context=context)
    assert page.status == 200 and b"Sealwire" in page.read(), f"no page at {scheme}{address}"
    return server


async def join(command):
    """A terminal: what is typed comes back from the room."""
    terminal = await shell(command)
    terminal.types("a line from the README")
    await terminal.line(lambda line: "a line from the README" in line)
    await terminal.leave()


async def run(command):
    process = await shell(command)
    await process.leave()


async def run_all(document):
    servers = []
    for command in commands(document):
        if command in ("tests/run", "tests/bench/run"):
            # The first has called this; the second it calls in its brief form.
            assert os.access(ROOT / command, os.X_OK)
        elif serves(command):
            servers.append(await serve(command))
        elif " load " in command:
            await run(command)
        elif " join " in command:
            await join(command)
        else:
            await run(command)
        print(f"ok: {command}", flush=True)
    for server in reversed(servers):
        await server.stop()


async def main():
    os.chdir(ROOT)
    clean()
    with tempfile.TemporaryDirectory() as data:
        os.environ["XDG_DATA_HOME"] = data
        for document in DOCUMENTS:
            await run_all(document)
    clean()
    print(f"{sum(len(commands(document)) for document in DOCUMENTS)} passed")


if __name__ == "__main__":
    Program.run(main)
