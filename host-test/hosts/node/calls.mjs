// Makes the calls that standard input asks for, one JSON object a line, and answers each with one line.
//
//     node calls.mjs path/to/sqs_connector.wasm

import { Buffer } from "node:buffer";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

async function main() {
  const compiled = await compile(process.argv[2]);
  let caller;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    // On an error that it does not know, jco's shim ends the process. In a worker, that is the worker only.
    caller ??= new Worker(new URL(import.meta.url), { workerData: compiled });
    const answer = await ask(caller, line);
    process.stdout.write(`${JSON.stringify(answer, (_, value) => value ?? null)}\n`);
    if ("trap" in answer) {
      // The shim remembers an error that nobody caught, and repeats it at every later call.
      await caller.terminate();
      caller = undefined;
    }
  }
  await caller?.terminate();
}

async function compile(component) {
  const { transpile } = await import("@bytecodealliance/jco");
  // Code that is given its imports needs no place in the file system, and makes any number of instances.
  const { files } = await transpile(await readFile(component), { name: "sqs", instantiation: "async" });
  const modules = {};
  for (const [name, bytes] of Object.entries(files)) {
    if (name.endsWith(".wasm")) modules[name] = await WebAssembly.compile(bytes);
  }
  return { code: Buffer.from(files["sqs.js"]).toString("base64"), modules };
}

async function ask(caller, line) {
  const asked = performance.now();
  const listening = new AbortController();
  const { signal } = listening;
  const ended = once(caller, "exit", { signal }).then(([code]) => [{ trap: `the host ended with ${code}` }]);
  try {
    caller.postMessage(line);
    const [answer] = await Promise.race([once(caller, "message", { signal }), ended]);
    return { ms: performance.now() - asked, ...answer };
  } catch (error) {
    return { trap: String(error), ms: performance.now() - asked };
  } finally {
    ended.catch(() => {});
    listening.abort();
  }
}

async function serve() {
  const { WASIShim } = await import("@bytecodealliance/preview2-shim/instantiation");
  const { instantiate } = await import(`data:text/javascript;base64,${workerData.code}`);
  const imports = new WASIShim().getImportObject();
  parentPort.on("message", async (line) => {
    try {
      const { call, ...request } = JSON.parse(line);
      const instance = await instantiate((name) => workerData.modules[name], imports);
      const started = performance.now();
      const answer = calls[call](instance, request);
      parentPort.postMessage({ ...answer, ms: performance.now() - started });
    } catch (error) {
      parentPort.postMessage({ trap: String(error) });
    }
  });
}

const calls = {
  "send-message"({ sender }, request) {
    const { queue, credentials, timeouts, retries } = common(request);
    return ending(
      () => sender.sendMessage(queue, credentials, message(request.message), timeouts, retries),
      receipt,
      failure,
    );
  },
  "send-message-batch"({ sender }, request) {
    const { queue, credentials, timeouts, retries } = common(request);
    return ending(
      () => sender.sendMessageBatch(queue, credentials, request.messages.map(message), timeouts, retries),
      (results) => ({ results: results.map(({ tag, val }) => (tag === "ok" ? receipt(val) : failure(val))) }),
      (violations) => ({ violations }),
    );
  },
  execute({ connector }, request) {
    return ending(
      () => connector.execute(request.variables, request["timeout-ms"] ?? undefined),
      (response) => ({ response }),
      (failure) => ({ failure: kebabCase(failure) }),
    );
  },
};

function ending(call, ok, err) {
  try {
    return ok(call());
  } catch (error) {
    if (error?.payload === undefined) throw error;
    return err(error.payload);
  }
}

const receipt = (value) => ({ receipt: kebabCase(value) });
const failure = ({ tag, val }) => ({ error: { case: tag, value: kebabCase(val) } });

function common({ queue, credentials, timeouts, retries }) {
  return {
    queue: camelCase(queue),
    credentials: camelCase(credentials),
    timeouts: camelCase(timeouts ?? {}),
    retries: { acceptDuplicates: false, ...camelCase(retries ?? {}) },
  };
}

function message({ attributes, ...rest }) {
  const variant = (value) => {
    const [[tag, text]] = Object.entries(value);
    return { tag, val: tag === "binary" ? Buffer.from(text, "base64") : text };
  };
  return {
    ...camelCase(rest),
    attributes: (attributes ?? []).map((attribute) => ({ ...camelCase(attribute), value: variant(attribute.value) })),
  };
}

// JSON's null is the contract's none, which jco takes and gives as undefined.
function camelCase(record) {
  const name = (key) => key.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [name(key), value ?? undefined]));
}

function kebabCase(value) {
  if (typeof value !== "object" || Array.isArray(value)) return value;
  const name = (key) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [name(key), field]));
}

await (isMainThread ? main() : serve());
