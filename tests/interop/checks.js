// What the clients written in JavaScript have in common. checks.py says what a service and a caller are, and
// what is checked; here is what of it JavaScript's numbers allow.
"use strict";

const assert = require("node:assert/strict");

const VALUES = require("./values.json");
const CLIENTS = require("./clients.json");

function services(clients) {
    return clients.flatMap((client) => CLIENTS[client].variants.map((variant) => ({
        name: `${client}_${variant}`,
        can: CLIENTS[client].can,
        largest: CLIENTS[client].largest ?? Infinity,
        failure: CLIENTS[client].failure ?? "com.example.broken",
    })));
}

class Report {
    passed = 0;
    failed = 0;

    async check(name, fn, ...args) {
        let timer;
        const late = new Promise((_, reject) => { timer = setTimeout(reject, 20_000, new Error("20 s")); });
        try {
            await Promise.race([fn(...args), late]);
            this.passed++;
        } catch (error) {
            this.failed++;
            console.log(`FAILED ${name}\n`, error);
        } finally {
            clearTimeout(timer);
        }
    }

    end() {
        console.log(`${this.passed} passed, ${this.failed} failed`);
        return this.failed > 0 ? 1 : 0;
    }
}

// An unbounded queue: get() waits for what put() brings.
class Queue {
    values = [];
    waiting = [];

    put(value) {
        const resolve = this.waiting.shift();
        if (resolve)
            resolve(value);
        else
            this.values.push(value);
    }

    get() {
        if (this.values.length)
            return Promise.resolve(this.values.shift());
        return new Promise((resolve) => this.waiting.push(resolve));
    }
}

// msgpackr makes a BigInt of what comes in 64 bits.
const plain = (value) => (typeof value === "bigint" ? Number(value) : value);

async function echoes(caller, service, values) {
    for (const value of values)
        assert.deepEqual(plain(await caller.call(`${service.name}_echo`, value)), value);
}

// --- the checks -------------------------------------------------------------------------------------------------

const text = (caller, service) => echoes(caller, service, VALUES.text);
const numbers = (caller, service) => echoes(caller, service, VALUES.numbers);
const nested = (caller, service) => echoes(caller, service, VALUES.nested);

async function binary(caller, service) {
    for (const hex of [...VALUES.binary, "00ff".repeat(10_000)]) {
        const got = await caller.call(`${service.name}_echo`, Buffer.from(hex, "hex"));
        assert.equal(Buffer.from(got).toString("hex"), hex);
    }
}

async function everySize(caller, service) {
    for (const size of VALUES.sizes.filter((n) => n <= service.largest)) {
        const value = "x".repeat(size);
        assert.ok(await caller.call(`${service.name}_echo`, value) === value, `${size} octets`);
    }
}

async function anError(caller, service) {
    const { uri, args, kwargs } = await caller.error(`${service.name}_fail`, 7);
    assert.equal(uri, service.failure);
    if (service.failure === "com.example.broken")
        assert.deepEqual(args, ["broken"]);
    else
        assert.equal(kwargs.message, "broken");
}

async function progress(caller, service) {
    assert.deepEqual(await caller.progress(`${service.name}_count`, 3), [0, 1, 2, 3]);
}

async function stream(caller, service) {
    assert.equal(await caller.stream(`${service.name}_sum`, [1, 2, 3, 4]), 10);
}

async function anEventToIt(caller, service) {
    const topic = `to_${service.name}_from_${caller.name}`;
    const events = await caller.subscribe(topic);
    for (const value of ["first", { second: [2] }]) {
        await caller.call(`${service.name}_publish`, topic, value);
        assert.deepEqual(await events.get(), { message: value });
    }
}

async function anEventFromIt(caller, service) {
    const message = `from ${caller.name}`;
    await caller.publish(`${service.name}_topic`, { message });
    for (let tries = 0; await caller.call(`${service.name}_heard`) !== message; tries++)
        assert.ok(tries < 1000, "the service heard nothing");
}

// What both the caller and the service must be able to do, and the check.
const CHECKS = [
    [null, text], [null, numbers], [null, nested], ["binary", binary], [null, everySize], [null, anError],
    ["progress", progress], ["stream", stream], [null, anEventToIt], [null, anEventFromIt],
];

async function checkService(report, caller, service) {
    for (const [need, check] of CHECKS) {
        if (need === null || (service.can.includes(need) && caller.can.includes(need)))
            await report.check(`${caller.name} -> ${service.name}: ${check.name}`, check, caller, service);
    }
}

// --- programs ---------------------------------------------------------------------------------------------------

async function serve(client, join) {
    for (const variant of CLIENTS[client].variants)
        await (await join(variant)).serve();
    console.log("ready");
    process.stdin.on("end", () => process.exit(0)).resume();
}

async function test(client, join, ownChecks) {
    const report = new Report();
    for (const variant of CLIENTS[client].variants) {
        const caller = await join(variant);
        for (const service of services(process.argv.slice(3)))
            await checkService(report, caller, service);
        for (const check of ownChecks)
            await report.check(`${caller.name}: ${check.name}`, check, caller);
        await report.check(`${caller.name}: leaves cleanly`, () => caller.leave());
    }
    process.exit(report.end());
}

// `serve`: the services of all variants, until stdin ends. `test CLIENT..`: the checks against services of those.
exports.program = (client, join, ownChecks) =>
    process.argv[2] === "serve" ? serve(client, join) : test(client, join, ownChecks);
exports.Queue = Queue;
exports.can = (client) => CLIENTS[client].can;
