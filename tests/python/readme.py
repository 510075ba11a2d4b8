#!/usr/bin/env python3
"""Runs every command of README.md's sh blocks, in order: servers are started, probed and stopped at the end, `join` talks."""

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


def commands():
    """The commands, with continued lines joined."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


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


async def main():
    os.chdir(ROOT)
    shutil.rmtree(ROOT / "target" / "team", ignore_errors=True)
    servers = []
    with tempfile.TemporaryDirectory() as data:
        os.environ["XDG_DATA_HOME"] = data
        for command in commands():
            if command in ("tests/run", "tests/bench/run"):
                # The first has called this; the second it calls in its brief form.
                assert os.access(ROOT / command, os.X_OK)
            elif " load " in command:
                await run(command)
            elif " join " in command:
                await join(command)
            elif command.startswith("cargo run") and "proxy-key target" not in command.split("--proxy-key")[0]:
                servers.append(await serve(command))
            else:
                await run(command)
            print(f"ok: {command}", flush=True)
        for server in reversed(servers):
            await server.stop()
    shutil.rmtree(ROOT / "target" / "team", ignore_errors=True)
    print(f"{len(commands())} passed")


if __name__ == "__main__":
    Program.run(main)
