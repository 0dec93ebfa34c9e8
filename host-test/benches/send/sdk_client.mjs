// @aws-sdk/client-sqs as a client of the benchmark: rounds on standard input, what they took on standard output.

import { Agent } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [url, folder] = process.argv.slice(2);
const { SQSClient, SendMessageCommand, SendMessageBatchCommand } = createRequire(join(folder, "x"))("@aws-sdk/client-sqs");

const sqs = new SQSClient({
  region: "us-east-1",
  endpoint: url.slice(0, url.lastIndexOf("/123456789012")),
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: 1024 }) },
});

const body = (template, sequence) => template.slice(0, 12) + String(sequence).padStart(10, "0") + template.slice(22);

async function send(bodies) {
  if (bodies.length === 1) {
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: bodies[0] }));
    return;
  }
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
  if (answer.Failed?.length) throw new Error(answer.Failed[0].Code);
}

async function run(task) {
  const end = performance.now() + task.milliseconds;
  const times = [];
  let begun = 0;
  let error = null;
  const lane = async () => {
    while (performance.now() < end && error === null && begun < task.messages) {
      const first = begun;
      begun += task.batch;
      const bodies = [];
      for (let number = first; number < Math.min(first + task.batch, task.messages); number++) {
        bodies.push(body(task.template, task.first + number));
      }
      const began = performance.now();
      try {
        await send(bodies);
      } catch (thrown) {
        error = String(thrown);
        return;
      }
      times.push(performance.now() - began);
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: task.in_flight }, lane));
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const quantile = (ofHundred) => 1000 * (times[Math.min(Math.floor((times.length * ofHundred) / 100), times.length - 1)] ?? 0);
  return {
    messages: Math.min(times.length * task.batch, task.messages),
    cpu_us: user + system,
    p50_us: quantile(50),
    p99_us: quantile(99),
    instructions: null,
    error,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
}
