/**
 * Settings of both tiers for who measures: nobody is held back for going fast.
 */

/** For the environment of chat-server and web-proxy. */
export const UNLIMITED = Object.freeze({
  SEALWIRE_COMMANDS: "0",
  SEALWIRE_MESSAGES: "0",
  SEALWIRE_CHUNKS: "0",
  SEALWIRE_PATIENCE: "0",
  SEALWIRE_COMMAND_RATE: "1000000/s",
  SEALWIRE_REQUEST_RATE: "1000000/s",
  SEALWIRE_MESSAGE_RATE: "1000000/s",
  SEALWIRE_CHUNK_RATE: "1000000/s",
});

/** What a browser writes by itself where a proxy has to make keys first. */
export const EXPECTED = [/status of 503/, /WebSocket connection/, /ERR_/];
