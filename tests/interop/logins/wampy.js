// wampy.js 8. See run.py.
"use strict";

const path = require("node:path");
const url = require("node:url");
const WebSocket = require("ws");
const nacl = require("tweetnacl");
const { Wampy } = require("wampy");

const [router, method, authid, secret] = process.argv.slice(2);

const keys = method === "cryptosign" && nacl.sign.keyPair.fromSeed(Uint8Array.from(Buffer.from(secret, "hex")));

// Its helpers are modules, which import looks for beside this file alone.
const helper = (file) =>
    import(url.pathToFileURL(path.join(path.dirname(require.resolve("wampy")), "..", "esm", "auth", file)));

async function main() {
    const cra = await helper("wampcra/wampy-cra.js"), cryptosign = await helper("cryptosign/wampy-cryptosign.js");
    const answers = { ticket: () => () => secret, wampcra: cra.sign, cryptosign: cryptosign.sign };
    const session = new Wampy(router, {
        realm: "realm1", ws: WebSocket, authid, authmethods: [method], autoReconnect: false,
        onChallenge: answers[method](secret), 
        authextra: keys ? { pubkey: Buffer.from(keys.publicKey).toString("hex") } : {},
    });
    try {
        const details = await session.connect();
        console.log(details.authid, details.authrole);
    } catch (error) {
        console.log("refused", error.errorUri);
    }
    process.exit();
}

main();
