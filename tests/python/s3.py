#!/usr/bin/env python3
"""An S3 service for tests: moto's HTTP server on a free port of loopback, with a bucket, and with users whose signatures and rights it checks.

It prints where it listens and the keys of the user, then does what it reads, `NUMBER WORD [ARGUMENT…]` a line, and prints `NUMBER ANSWER`. All of it is in memory.
"""

import base64
import json
import os
import signal
import sys
import threading

KEEPER = {"AWS_ACCESS_KEY_ID": "keeper", "AWS_SECRET_ACCESS_KEY": "keeper", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
os.environ.update(KEEPER)

import boto3  # noqa: E402
from moto import settings  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

BUCKET = "chunks"
ALLOWED = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


class Service:
    def __init__(self, pair):
        self.pair = pair
        self.ignores_conditions = False
        self.one_at_a_time = threading.Lock()
        self.application = DomainDispatcherApplication(create_backend_app)
        self.application.debug = True
        self.port = 0
        self.up()
        scheme = "https" if pair else "http"
        self.endpoint = f"{scheme}://127.0.0.1:{self.port}"
        iam = self.client("iam")
        keys = {}
        for user in ("keeper", "chat"):
            iam.create_user(UserName=user)
            iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=ALLOWED)
            keys[user] = iam.create_access_key(UserName=user)["AccessKey"]
        self.keys = keys["chat"]
        self.s3 = self.client("s3", keys["keeper"])
        self.s3.create_bucket(Bucket=BUCKET)
        # From now on every request is checked.
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0

    def client(self, name, keys=None):
        signed = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"]} if keys else {}
        return boto3.client(name, endpoint_url=self.endpoint, verify=False if self.pair else None, **signed)

    def __call__(self, environ, start_response):
        if self.ignores_conditions:
            environ.pop("HTTP_IF_NONE_MATCH", None)
        if "HTTP_IF_NONE_MATCH" not in environ:
            return self.application(environ, start_response)
        # moto looks and puts in two steps, S3 in one.
        with self.one_at_a_time:
            return self.application(environ, start_response)

    def up(self):
        self.server = make_server("127.0.0.1", self.port, self, threaded=True, ssl_context=self.pair, request_handler=MotoRequestHandler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def down(self):
        self.server.shutdown()
        self.server.server_close()

    def policy(self, change):
        settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
        change(self.client("iam"))
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0

    def deny(self):
        """Takes the user's rights."""
        self.policy(lambda iam: iam.delete_user_policy(UserName="chat", PolicyName="all"))

    def allow(self):
        self.policy(lambda iam: iam.put_user_policy(UserName="chat", PolicyName="all", PolicyDocument=ALLOWED))

    def ignore_conditions(self):
        """Is one of those services that know no If-None-Match; its signatures are not checked, since it is signed."""
        settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
        self.ignores_conditions = True

    def names(self):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def put(self, name, size):
        self.s3.put_object(Bucket=BUCKET, Key=name, Body=bytes(int(size)))

    def read(self, name):
        return base64.b64encode(self.s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()).decode()

    def remove_bucket(self):
        for name in self.names():
            self.s3.delete_object(Bucket=BUCKET, Key=name)
        self.s3.delete_bucket(Bucket=BUCKET)


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    pair = tuple(sys.argv[1:3]) or None
    if pair:
        import urllib3

        urllib3.disable_warnings()
    service = Service(pair)
    print(f"keys {service.keys['AccessKeyId']} {service.keys['SecretAccessKey']}", flush=True)
    print(f"listening on {service.endpoint}", flush=True)
    for line in sys.stdin:
        number, word, *arguments = line.split()
        answer = getattr(service, word)(*arguments)
        print(number, json.dumps(answer), flush=True)
    # At once: while an interpreter ends, a signal would end it otherwise.
    os._exit(0)


if __name__ == "__main__":
    main()
