#!/usr/bin/env python3
"""Lets schemathesis attack what /api/openapi.json describes: as nobody, as a guest, and as a stranger's account with proven keys."""

import asyncio
import re
import sys
import tempfile

from browser import Account, Browser
from sealed import check
from talk import Program, program

# What every answer must be. Whether good data is taken depends on what the server holds.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
# These end the session that a run is about (its id is found in `auth.sessions`): they are attacked in runs of their own.
ENDS = ("auth.guest", "auth.register", "auth.login", "auth.recover", "auth.fresh", "auth.logout", "auth.revoke")
EXAMPLES = 25
RATE = "1000000/s"


async def serve(folder):
    """A chat-server and a web-proxy that count nothing."""
    server = await Program.start(
        program("chat-server"), "--listen=127.0.0.1:0", f"--data={folder}", "--sign-ins=0", "--commands=0", "--messages=0"
    )
    backend = await server.line(lambda line: re.search(r"listen(?:s|ing) on (127[\d.]+:\d+)", line))
    rates = [f"--{of}-rate={RATE}" for of in ("connection", "request", "sign-in", "command", "message")]
    proxy = await Program.start(program("web-proxy"), "--listen=127.0.0.1:0", f"--backend={backend[1]}", *rates)
    address = await proxy.line(lambda line: re.search(r"listen(?:s|ing) on http://(127[\d.]+:\d+)", line))
    return address[1], proxy, server


def guest(address):
    browser = Browser(address)
    answer = browser.request("POST", "/api/auth.guest", b'{"name": "Grace"}')
    check(answer.status == 200, "a guest")
    browser.listen()
    return browser


def account(address):
    browser = Browser(address)
    ada = Account("Ada", "correct horse battery staple")
    ada.register(browser)
    browser.listen()
    ada.prove(browser)
    check(browser.session()["challenge"] is None, "proven keys")
    browser.command("friends.list")
    return browser


async def attack(who, address, folder, cookie=None, *choice):
    command = ["-m", "schemathesis.cli", "run", f"http://{address}/api/openapi.json", f"--checks={','.join(CHECKS)}"]
    command += ["--phases=examples,coverage,fuzzing", f"--max-examples={EXAMPLES}", "--seed=1", "--no-color", "--warnings=off"]
    command += ["-H", f"Origin: http://{address}", *(["-H", f"Cookie: sealwire={cookie}"] if cookie else [])]
    attacker = await asyncio.create_subprocess_exec(sys.executable, *command, *choice, cwd=folder)
    check(await attacker.wait() == 0, f"schemathesis found something as {who}")


async def main():
    with tempfile.TemporaryDirectory() as folder:
        address, *tiers = await serve(f"{folder}/data")
        await attack("nobody", address, folder)
        for who, sign_in in ("a guest", guest), ("an account", account):
            browser = await asyncio.to_thread(sign_in, address)
            leave = [flag for operation in ENDS for flag in ("--exclude-operation-id", operation)]
            await attack(who, address, folder, browser.cookie, *leave)
            # The session is still there, so the attack was about it.
            check(browser.session()["name"], who)
            await attack(who, address, folder, browser.cookie, "--include-operation-id=auth.revoke")
        for tier in tiers:
            await tier.stop()
    print("5 passed")


if __name__ == "__main__":
    Program.run(main)
