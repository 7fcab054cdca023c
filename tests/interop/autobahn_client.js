// autobahn for JavaScript: Node, WebSocket; JSON, MessagePack and CBOR. See checks.js.
// With TRANSPORT=longpoll: over HTTP, JSON.
"use strict";

const assert = require("node:assert/strict");

globalThis.WebSocket ??= require("ws"); // autobahn takes the one of Node 22

const autobahn = require("autobahn");

const checks = require("./checks.js");

const { JSONSerializer, MsgpackSerializer, CBORSerializer } = autobahn.serializer;
const SERIALIZERS = { json: JSONSerializer, msgpack: MsgpackSerializer, cbor: CBORSerializer };

const LONGPOLL = process.env.TRANSPORT === "longpoll";
const CLIENT = LONGPOLL ? "autobahnlp" : "autobahnjs";

class Caller {
    can = checks.can(CLIENT);
    lastHeard = null;

    constructor(name, connection, session) {
        this.name = name;
        this.connection = connection;
        this.session = session;
    }

    async call(procedure, ...args) {
        const result = await this.session.call(procedure, args);
        return result instanceof autobahn.Result ? result.args[0] : result;
    }

    async error(procedure, ...args) {
        try {
            await this.session.call(procedure, args);
        } catch (error) {
            return { uri: error.error, args: error.args, kwargs: error.kwargs };
        }
        throw new Error("a result");
    }

    async progress(procedure, ...args) {
        const got = [];
        const call = this.session.call(procedure, args, {}, { receive_progress: true });
        const last = await call.then((result) => result, undefined, (value) => got.push(value));
        return [...got, last];
    }

    async subscribe(topic) {
        const events = new checks.Queue();
        await this.session.subscribe(topic, (args, kwargs) => events.put(kwargs));
        return events;
    }

    publish(topic, kwargs) {
        return this.session.publish(topic, [], kwargs, { acknowledge: true });
    }

    leave() {
        return new Promise((resolve, reject) => {
            this.connection.onclose = (reason) => (reason === "closed" ? resolve() : reject(new Error(reason)));
            this.connection.close();
        });
    }

    async serve() {
        const procedures = {
            echo: ([value]) => value,
            fail: () => { throw new autobahn.Error("com.example.broken", ["broken"], {}); },
            publish: async ([topic, message]) => {
                await this.session.publish(topic, [], { message }, { acknowledge: true });
                return null;
            },
            heard: () => this.lastHeard,
            count: ([n], kwargs, details) => {
                for (let i = 0; details.progress && i < n; i++)
                    details.progress([i]);
                return n;
            },
        };
        for (const [procedure, fn] of Object.entries(procedures))
            await this.session.register(`${this.name}_${procedure}`, fn);
        await this.session.subscribe(`${this.name}_topic`, (args, kwargs) => { this.lastHeard = kwargs.message; });
    }
}

function transport(variant) {
    if (LONGPOLL)
        return { type: "longpoll", url: process.env.LP_URL };
    return { type: "websocket", url: process.env.WS_URL, serializers: [new SERIALIZERS[variant]()] };
}

function join(variant) {
    const transports = [transport(variant)];
    const connection = new autobahn.Connection({ realm: "realm1", max_retries: 0, transports });
    return new Promise((resolve, reject) => {
        connection.onopen = (session) => resolve(new Caller(`${CLIENT}_${variant}`, connection, session));
        connection.onclose = (reason, details) => reject(new Error(`${reason}: ${JSON.stringify(details)}`));
        connection.open();
    });
}

// --- what only autobahn does ------------------------------------------------------------------------------------

async function aCanceledCall(caller) {
    await caller.session.register(`${caller.name}_sleep`, () => new Promise(() => {}));
    const call = caller.session.call(`${caller.name}_sleep`);
    call.cancel({ mode: "kill" });
    await assert.rejects(Promise.resolve(call), (error) => error.error === "wamp.error.canceled");
}

async function aSharedRegistration(caller) {
    const other = await join(caller.name.split("_")[1]);
    const uri = `${caller.name}_shared`;
    await caller.session.register(uri, () => 1, { invoke: "roundrobin" });
    await other.session.register(uri, () => 2, { invoke: "roundrobin" });
    const results = [];
    for (let i = 0; i < 4; i++)
        results.push(await caller.session.call(uri));
    assert.deepEqual(results, [1, 2, 1, 2]);
    await other.leave();
}

async function patterns(caller) {
    const uri = `${caller.name}.tree.`;
    await caller.session.register(uri, (args, kwargs, details) => details.procedure, { match: "prefix" });
    assert.equal(await caller.session.call(`${uri}leaf`), `${uri}leaf`);
}

// Over long-poll autobahn sends each message in a request of its own, without waiting for the one before: CANCEL
// may come before its CALL, and progress in any order.
const ORDERED = LONGPOLL ? [] : [aCanceledCall];

checks.program(CLIENT, join, [...ORDERED, aSharedRegistration, patterns]);
