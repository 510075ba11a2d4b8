#!/usr/bin/env python3
"""Opens with jwcrypto, which Sealwire does not use, what Sealwire seals as JWE (chat-client/src/jwe.rs).

jwe.py            the published vector, by the published test keys
jwe.py JWE KEY    prints what a file with a JWE holds, by a file with a private key (PKCS #8 DER)
"""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from jwcrypto import jwe, jwk

ROOT = Path(__file__).resolve().parents[2]
CASE = json.loads((ROOT / "chat-client" / "testdata" / "jwe.json").read_text())
ACCOUNTS = json.loads((ROOT / "wire-format" / "testdata" / "account_keys.json").read_text())["accounts"]


def key_from(pkcs8):
    """A private key, as RFC 7517 has it."""
    return jwk.JWK.from_pyca(serialization.load_der_private_key(pkcs8, None))


def key_of(account):
    """The first wrap key of a test account."""
    return key_from(bytes.fromhex(account["wraps"][0]["pkcs8"]))


def opened(token, key):
    sealed = jwe.JWE(algs=["RSA-OAEP-256", "A256CBC-HS512"])
    sealed.deserialize(json.dumps(token), key)
    return sealed.payload.decode()


def main():
    token = CASE["jwe"]
    for account in ACCOUNTS:
        named = [recipient["header"]["kid"] for recipient in token["recipients"]]
        key = key_of(account)
        if f"{account['account']}:1" in named:
            assert opened(token, key) == CASE["plain"], account["name"]
            print(f"jwcrypto opens it with {account['name']}'s key")
            changed = dict(token, tag=("B" if token["tag"].startswith("A") else "A") + token["tag"][1:])
        else:
            changed = token
        try:
            opened(changed, key)
        except jwe.InvalidJWEData:
            continue
        sys.exit(f"{account['name']} opens what is not to be opened")
    print("and nothing that was changed, or sealed to others")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        jwe_file, key_file = map(Path, sys.argv[1:])
        print(opened(json.loads(jwe_file.read_text()), key_from(key_file.read_bytes())))
    else:
        main()
