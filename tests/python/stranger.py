#!/usr/bin/env python3
"""A client of a proxy-sealed room, written from docs/protocol.md and the golden vectors alone.

Lines of standard input are sent; arrivals are printed, one JSON object a line. End of input signs out.
"""

import argparse
import asyncio
import json
import os
import ssl
import struct
import sys

from sealed import REASONS, Announcement, Envelope, Keys, Refused, Start, check, member_of, room_ids, seal, sha256

COMMAND, REPLY, EVENT, PUBLISH, DELIVER, PING, PONG, CLOSE = range(1, 9)


def say(kind, **fields):
    print(json.dumps({"kind": kind, **fields}, ensure_ascii=False), flush=True)


class Failed(Exception):
    """The server refused a request; the code is the message."""

    def __init__(self, error):
        super().__init__(error["code"])
        self.wait = error.get("retry_after_ms", 2_000) / 1_000


class Stranger:
    def __init__(self, name, room):
        self.name, self.room_name = name, room
        self.token, self.keys, self.instance = os.urandom(32), Keys(), os.urandom(16)
        self.member, self.counter, self.request = member_of(self.token), 0, 0
        self.waiting, self.starts, self.secrets = {}, {}, {}  # request → future; n → Start; n → secret
        self.current, self.due, self.unread, self.seen, self.names = 0, None, [], {}, {}
        self.keyed, self.drafts = asyncio.Event(), {}

    # Frames (section 2)

    def send(self, kind, body):
        self.writer.write(struct.pack(">IB", len(body) + 1, kind) + body)

    async def call(self, kind, body):
        self.request += 1
        self.waiting[self.request] = asyncio.get_running_loop().create_future()
        self.send(kind, struct.pack(">I", self.request) + body)
        return await self.waiting[self.request]

    async def command(self, command, tail=b"", /, **fields):
        header = json.dumps({"command": command, **fields}).encode()
        return await self.call(COMMAND, struct.pack(">I", len(header)) + header + tail)

    async def read(self):
        """Reads frames until the close; events that need an answer get it in tasks of their own."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    length = int.from_bytes(await self.reader.readexactly(4), "big")
                    check(1 <= length <= 1_114_112, "frame length")
                    frame = await self.reader.readexactly(length)
                except asyncio.IncompleteReadError:
                    return 0
                kind, body = frame[0], frame[1:]
                if kind == PING:
                    self.send(PONG, body)
                elif kind == CLOSE:
                    return int.from_bytes(body[:2], "big")
                elif kind == REPLY:
                    request, length = struct.unpack(">II", body[:8])
                    header, tail = json.loads(body[8 : 8 + length]), body[8 + length :]
                    future = self.waiting.pop(request)
                    if "error" in header:
                        future.set_exception(Failed(header["error"]))
                    else:
                        future.set_result((header["ok"], tail))
                    await asyncio.sleep(0)  # who waits for the reply goes on before the next frame is read
                elif kind == EVENT:
                    length = int.from_bytes(body[:4], "big")
                    tasks.create_task(self.event(json.loads(body[4 : 4 + length]), body[4 + length :]))
                elif kind == DELIVER:
                    self.deliver(body)

    # Sessions and rooms (sections 3, 4 and 7)

    async def sign_in(self):
        await self.command("session.hello", version=1, client="stranger/1")
        ok, _ = await self.command("auth.guest", name=self.name, token=self.token.hex())
        self.name = ok["name"]
        check(ok["member"] == self.member.hex(), "member id")
        await self.command("keys.announce", self.keys.announce(self.member, self.name))
        ok, bundle = await self.command("rooms.enter", room=self.room_name)
        self.room, self.channel = room_ids(ok["name"])
        check((ok["id"], ok["channel"]) == (self.room.hex(), self.channel.hex()), "room ids")
        self.names = {member["id"]: member for member in ok["members"]}
        if ok["epoch"] is None:
            await self.start_epoch(1, "first")
        else:
            await self.learn(bundle, ok["epoch"]["n"])
            self.due = "left" if ok["epoch"]["due"] else None
        await self.keyed.wait()
        say("ready", name=self.name, epoch=self.current)

    async def event(self, event, tail):
        kind = event["event"]
        if kind == "room.joined":
            self.names[event["member"]["id"]] = event["member"]
            say("joined", name=event["member"]["name"])
        elif kind == "room.left":
            say("left", name=self.names.pop(event["member"], {}).get("name"), reason=event["reason"])
        elif kind == "epoch.started":
            await self.learn(tail, event["n"])
        elif kind == "epoch.due" and int(event["n"]) == self.current:
            self.due = event["reason"]
        elif kind == "epoch.asked" and int(event["n"]) in self.secrets:
            asker = Announcement(tail)
            check((asker.member.hex(), asker.name) == (event["asker"]["id"], event["asker"]["name"]), "asker")
            share = asker.share(self.secrets[int(event["n"])])
            await self.try_command("epochs.answer", share, room=self.room.hex(), n=event["n"], to=event["asker"]["id"])
        elif kind == "epoch.share":
            await self.share(event, tail)
        elif kind == "epoch.unanswered":
            await self.start_unanswered(int(event["n"]) + 1)

    async def try_command(self, command, tail=b"", /, **fields):
        """A command whose refusal is part of the race that the document describes."""
        try:
            await self.command(command, tail, **fields)
        except Failed as failure:
            return failure

    # Epochs (section 8)

    async def start_epoch(self, n, reason):
        secret = os.urandom(32)
        start = self.keys.start(self.room, n, secret, self.member, REASONS[reason])
        self.drafts[n] = secret
        return await self.try_command("epochs.start", start, room=self.room.hex(), n=str(n))

    async def start_unanswered(self, n):
        while self.current < n:
            refused = await self.start_epoch(n, "unanswered")
            if str(refused) != "epoch_too_soon":
                return
            await asyncio.sleep(refused.wait)

    async def learn(self, bundle, n):
        start = Start(bundle)
        check(start.room == self.room and start.n == int(n), "bundle")
        self.starts[start.n], self.current, self.due = start, start.n, None
        if start.starter == self.member and start.n in self.drafts:
            self.hold(start, self.drafts[start.n])
        else:
            self.keyed.clear()
            await self.try_command("epochs.ask", room=self.room.hex(), n=str(start.n))

    async def share(self, event, share):
        start = self.starts.get(int(event["n"]))
        try:
            self.hold(start, self.keys.open_share(share, start))
        except Refused:
            await self.try_command("epochs.ask", room=self.room.hex(), n=event["n"], refused=event["from"])

    def hold(self, start, secret):
        self.secrets[start.n] = secret
        if start.n == self.current:
            self.keyed.set()
        unread, self.unread = self.unread, []
        for body in unread:
            self.deliver(body)

    # Messages (sections 5, 9 and 10)

    def deliver(self, body):
        name_length = body[49]
        envelope = Envelope(body[50 + name_length :])
        name, sequence = body[50 : 50 + name_length].decode(), int.from_bytes(body[16:24], "big")
        if envelope.n not in self.secrets:
            if envelope.n >= self.current:
                self.unread.append(body)
            return
        start = self.starts[envelope.n]
        try:
            check((envelope.room, envelope.channel, body[:16]) == (self.room, self.channel, self.channel), "channel")
            check(envelope.commit_hash == start.commit_hash and envelope.sender == body[33:49], "membership")
            check(envelope.flags == body[32] & 1, "stored flag")
            known = self.names.get(envelope.sender.hex(), {}).get("fingerprint")
            check(known in (None, envelope.fingerprint.hex()) or envelope.sender == self.member, "fingerprint")
            key = (envelope.sender, envelope.instance, envelope.counter)
            digest = sha256(envelope.bytes)
            if self.seen.get(key) == digest:
                return
            check(key not in self.seen, "replay")
            content = json.loads(envelope.open(self.secrets[envelope.n]).decode())
        except (Refused, ValueError) as error:
            return say("unreadable", name=name, sequence=sequence, cause=str(error))
        self.seen[key] = digest
        say("message", name=name, sequence=sequence, text=content.get("text"), type=content["type"])

    async def publish(self, text):
        message, content = os.urandom(16), json.dumps({"type": "text", "text": text}, ensure_ascii=False).encode()
        while True:
            if self.due:
                await self.start_epoch(self.current + 1, self.due)
            await self.keyed.wait()
            start = self.starts[self.current]
            envelope = seal(start, self.secrets[start.n], self.channel, self.member, self.keys.fingerprint, self.instance, self.counter, message, content)
            try:
                await self.call(PUBLISH, self.channel + struct.pack(">QB", start.n, 0) + envelope)
                self.counter += 1
                return
            except Failed as failure:
                if str(failure) != "stale_epoch":
                    raise

    async def talk(self):
        await self.sign_in()
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            await self.publish(line.rstrip("\n"))
        await self.command("auth.logout")

    async def run(self, host, port, tls):
        self.reader, self.writer = await asyncio.open_connection(host, port, ssl=tls, limit=1 << 21)
        reading, talking = asyncio.create_task(self.read()), asyncio.create_task(self.talk())
        await asyncio.wait({reading, talking}, return_when=asyncio.FIRST_COMPLETED)
        if talking.done():
            talking.result()
        code = await reading
        say("closed", code=code)
        return 0 if code == 1 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="HOST:PORT")
    parser.add_argument("--ca", help="PEM file of the authority that signed the server's certificate")
    parser.add_argument("--guest", required=True)
    parser.add_argument("--room", default="lobby")
    options = parser.parse_args()
    host, port = options.server.rsplit(":", 1)
    tls = ssl.create_default_context(cafile=options.ca) if options.ca else None
    code = asyncio.run(Stranger(options.guest, options.room).run(host, int(port), tls))
    sys.stdout.flush()
    os._exit(code)  # a thread may still wait for a line of input


if __name__ == "__main__":
    main()
