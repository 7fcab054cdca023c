// wampy.js 8: Node, WebSocket; JSON, MessagePack and CBOR. See checks.js.
"use strict";

const assert = require("node:assert/strict");
const WebSocket = require("ws");
const { Wampy } = require("wampy");
const { CborSerializer } = require("wampy/CborSerializer.js");
const { JsonSerializer } = require("wampy/JsonSerializer.js");
const { MsgpackSerializer } = require("wampy/MsgpackSerializer.js");

const checks = require("./checks.js");

const SERIALIZERS = { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer };

// cbor-x reads octets as Uint8Array, but writes that with a tag (RFC 8746) that not every reader takes for octets.
const asSent = (value) => (value instanceof Uint8Array ? Buffer.from(value) : value);

class Caller {
    can = [...checks.can("wampyjs"), "stream"]; // its callees do not announce it
    lastHeard = null;

    constructor(name, session) {
        this.name = name;
        this.session = session;
    }

    async call(procedure, ...args) {
        return (await this.session.call(procedure, { argsList: args })).argsList[0];
    }

    async error(procedure, ...args) {
        try {
            await this.session.call(procedure, { argsList: args });
        } catch (error) {
            return { uri: error.errorUri, args: error.argsList, kwargs: error.argsDict };
        }
        throw new Error("a result");
    }

    async progress(procedure, ...args) {
        const got = [];
        const last = await this.session.call(procedure, { argsList: args }, {
            progress_callback: (result) => got.push(result.argsList[0]),
        });
        return [...got, last.argsList[0]];
    }

    async stream(procedure, values) {
        const call = this.session.progressiveCall(procedure, values[0]);
        for (const value of values.slice(1, -1))
            call.sendData(value);
        call.sendData(values.at(-1), { progress: false });
        return (await call.result).argsList[0];
    }

    async subscribe(topic) {
        const events = new checks.Queue();
        await this.session.subscribe(topic, (event) => events.put(event.argsDict));
        return events;
    }

    publish(topic, kwargs) {
        return this.session.publish(topic, { argsDict: kwargs });
    }

    leave() {
        return this.session.disconnect();
    }

    async serve() {
        const sums = new Map();
        const procedures = {
            echo: ({ argsList: [value] }) => ({ argsList: [asSent(value)] }),
            fail: () => {
                throw Object.assign(new Error(), { error: "com.example.broken", argsList: ["broken"] });
            },
            publish: async ({ argsList: [topic, message] }) => {
                await this.session.publish(topic, { argsDict: { message } });
                return { argsList: [null] };
            },
            heard: () => ({ argsList: [this.lastHeard] }),
            count: ({ argsList: [n], result_handler: send }) => {
                for (let i = 0; i < n; i++)
                    send({ argsList: [i], options: { progress: true } });
                return n;
            },
        };
        for (const [procedure, fn] of Object.entries(procedures))
            await this.session.register(`${this.name}_${procedure}`, fn);
        await this.session.subscribe(`${this.name}_topic`, ({ argsDict: { message } }) => {
            this.lastHeard = message;
        });
    }
}

async function join(variant) {
    const session = new Wampy(process.env.WS_URL, {
        realm: "realm1", ws: WebSocket, serializer: new SERIALIZERS[variant](), autoReconnect: false,
    });
    await session.connect();
    return new Caller(`wampyjs_${variant}`, session);
}

// --- what only wampy.js does ------------------------------------------------------------------------------------

// It announces no cancelling as a callee: the call is dropped, and the caller told.
async function aCanceledCall(caller) {
    await caller.session.register(`${caller.name}_sleep`, () => new Promise(() => {}));
    const call = caller.session.call(`${caller.name}_sleep`);
    caller.session.cancel(caller.session.getOpStatus().reqId, { mode: "kill" });
    await assert.rejects(call, (error) => error.errorUri === "wamp.error.canceled");
}

async function aStreamToACalleeWithout(caller) { // spec: A-PCI-04
    const { result } = caller.session.progressiveCall(`${caller.name}_echo`, 1);
    await assert.rejects(result, (error) => error.errorUri === "wamp.error.feature_not_supported");
}

async function aTimeoutOfTheRouter(caller) {
    await caller.session.register(`${caller.name}_slow`, () => new Promise(() => {}));
    await assert.rejects(caller.session.call(`${caller.name}_slow`, [], { timeout: 100 }),
        (error) => error.errorUri === "wamp.error.timeout");
}

async function patterns(caller) {
    const events = new checks.Queue();
    await caller.session.subscribe(`${caller.name}.tree`, (event) => events.put(event.details.topic),
        { match: "prefix" });
    const other = await join(caller.name.split("_")[1]);
    await other.session.publish(`${caller.name}.tree.leaf`, ["v"]);
    assert.equal(await events.get(), `${caller.name}.tree.leaf`);
    await other.leave();
}

checks.program("wampyjs", join, [aCanceledCall, aStreamToACalleeWithout, aTimeoutOfTheRouter, patterns]);
