// Sends one message from Node.js. Once, before: npm run transpile -- path/to/sqs_connector.wasm
import { http } from "@bytecodealliance/preview2-shim";
import { WASIShim } from "@bytecodealliance/preview2-shim/instantiation";
import { instantiate } from "./sqs_connector/sqs_connector.js";

const { QUEUE_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
if (!QUEUE_URL || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) throw "QUEUE_URL and a key are needed";

// The component reaches whom this function lets it reach, and nothing but wasi:http leads out of it.
function handle(request, options) {
  const origin = `${request.scheme().tag.toLowerCase()}://${request.authority()}`;
  if (origin !== new URL(QUEUE_URL).origin) throw { tag: "HTTP-request-denied" };
  return http.outgoingHandler.handle(request, options);
}

const shim = new WASIShim({ http: { ...http, outgoingHandler: { handle } } });
const { sender } = await instantiate(undefined, shim.getImportObject()); // a sandbox of its own for each call
try {
  const receipt = sender.sendMessage(
    { url: QUEUE_URL, region: AWS_REGION || undefined },
    { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN || undefined },
    { body: "Hello from Node.js", attributes: [] },
    {}, // the contract's own timeouts
    { acceptDuplicates: false },
  ); // it blocks the thread: in a server, call it from a worker
  console.log(receipt.messageId);
} catch (error) {
  if (!error.payload) throw error; // not the component's: the host's
  console.error(error.payload.tag, error.payload.val);
  process.exitCode = 1;
}
