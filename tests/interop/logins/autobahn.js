// autobahn for JavaScript. See run.py.
"use strict";

globalThis.WebSocket ??= require("ws"); // autobahn takes the one of Node 22

const autobahn = require("autobahn");
const nacl = require("tweetnacl");

const [url, method, authid, secret] = process.argv.slice(2);

const keys = method === "cryptosign" && nacl.sign.keyPair.fromSeed(Uint8Array.from(Buffer.from(secret, "hex")));

function onchallenge(session, asked, extra) {
    if (asked === "ticket")
        return secret;
    if (asked === "cryptosign")
        return autobahn.auth_cryptosign.sign_challenge(keys, extra);
    const { salt, iterations, keylen, challenge } = extra;
    const key = salt ? autobahn.auth_cra.derive_key(secret, salt, iterations, keylen) : secret;
    return autobahn.auth_cra.sign(key, challenge);
}

const connection = new autobahn.Connection({
    url, realm: "realm1", authid, authmethods: [method], onchallenge, max_retries: 0,
    authextra: keys && { pubkey: autobahn.auth_cryptosign.public_key(keys) },
});
connection.onopen = (session, details) => {
    console.log(details.authid, details.authrole);
    process.exit();
};
connection.onclose = (reason, details) => {
    console.log("refused", details.reason);
    process.exit();
};
connection.open();
