// The JavaScript side of the scenarios, on wampy.js.
//
//     WAMP_URL=ws://127.0.0.1:8080 node node_peer.mjs echo
import { createRequire } from 'node:module';

const require = createRequire(process.env.NODE_MODULES + '/');
const { Wampy } = require('wampy');
const WebSocket = require('ws');

const show = (value) => console.log(JSON.stringify(value));

const programs = {
    // S-16: octets travel as text with NUL and base64 in JSON.
    async echo(wampy) {
        const octets = '\0' + Buffer.from('world').toString('base64');
        const print = (r) => {
            const value = r.argsList[0];
            console.log(value.startsWith('\0') ? Buffer.from(value.slice(1), 'base64').toString() : value);
        };
        print(await wampy.call('zrpc.echo', [octets], { progress_callback: print }));
    },
    // S-16
    async adder(wampy) {
        const sum = (numbers) => numbers.reduce((a, b) => a + b);
        await wampy.register('example.add', ({ argsList }) => ({ argsList: [sum(argsList[0])] }));
        await new Promise(() => {});
    },
    // S-36, S-37: each word is a chunk, the last one ends the stream.
    async stream(wampy, procedure, ...words) {
        const chunks = words.map((word) => JSON.parse(word));
        const call = wampy.progressiveCall(procedure, [chunks.shift()], {
            progress_callback: (r) => show(r.argsList[0]),
        });
        chunks.forEach((chunk, i) => call.sendData([chunk], { progress: i < chunks.length - 1 }));
        const final = (await call.result).argsList?.[0];
        if (final !== null && final !== undefined) show(final);
    },
};

const [name, ...args] = process.argv.slice(2);
const wampy = new Wampy(process.env.WAMP_URL, { realm: 'realm1', ws: WebSocket });
await wampy.connect();
await programs[name](wampy, ...args);
await wampy.disconnect();
process.exit(0);
