/**
 * A second worker, for signatures: takes public keys and what they are to have signed, and says what holds. It knows no secret, and
 * remembers nothing but the keys it was given.
 */
import { OpenError } from "./crypto/errors.js";
import { VerifyingKeys } from "./crypto/signature.js";

/** By the number that `rooms/verifier.js` gave them. @type {Map<number, Promise<VerifyingKeys>>} */
const known = new Map();

addEventListener("message", async ({ data: { id, number, keys, signed } }) => {
  if (keys !== undefined) known.set(number, VerifyingKeys.fromBytes(keys.spki, keys.y));
  try {
    const signer = /** @type {VerifyingKeys} */ (await known.get(number));
    await signer.verify(signed.purpose, signed.body, signed.block);
    postMessage({ id, cause: null });
  } catch (error) {
    // Whatever else it is, it is no verdict.
    postMessage(error instanceof OpenError ? { id, cause: error.cause } : { id });
  }
});

postMessage({ ready: true });
