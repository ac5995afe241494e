// The journey of journey.py with OpenAI's SDK for Node: `node journey.mjs openai-7`.
// The argument is the name of the package, as in package.json.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

const sdk = await import(process.argv[2]);
const { VERSION } = await import(`${process.argv[2]}/version`);
const OpenAI = sdk.default;

const NAMES = ["Anna", "Ben", "Carla", "David", "Emma", "Felix", "Greta", "Henry", "Ida", "Jonas"];
const [EPOCHS, BATCH] = [2, 5];
const STEPS = (EPOCHS * NAMES.length) / BATCH;
const ORDER = ["validating_files", "queued", "running", "succeeded"];
const QUESTION = [{ role: "user", content: "Tell me about Zoë" }];
// Signs that a query string must escape.
const LABEL = `Node ${VERSION} & ü=1`;

const client = new OpenAI({ maxRetries: 0 });
const { jobs } = client.fineTuning;

async function checkFiles() {
  const rows = NAMES.map((name) => ({
    messages: [...QUESTION, { role: "assistant", content: `${name} went to the sea` }],
  }));
  const content = Buffer.from(rows.map((row) => JSON.stringify(row) + "\n").join(""));
  const file = await client.files.create({
    file: await sdk.toFile(content, "zoë.jsonl"),
    purpose: "fine-tune",
  });

  assert.deepEqual([file.filename, file.bytes, file.purpose], ["zoë.jsonl", content.length, "fine-tune"]);
  assert.deepEqual(await bytesOf(file.id), content);
  const { data } = await client.files.list({ limit: 1 });
  assert.deepEqual(data, [await plain(client.files.retrieve(file.id))]);

  const upload = await client.uploads.create({
    filename: "parts.jsonl",
    bytes: content.length,
    mime_type: "application/jsonl",
    purpose: "fine-tune",
  });
  const parts = [];
  for (const piece of [content.subarray(100), content.subarray(0, 100)]) {
    parts.unshift(await client.uploads.parts.create(upload.id, { data: await sdk.toFile(piece) }));
  }
  const done = await client.uploads.complete(upload.id, { part_ids: parts.map((part) => part.id) });
  assert.equal(done.status, "completed");
  assert.deepEqual(await bytesOf(done.file.id), content);
  return file;
}

async function checkJob(base, training) {
  const created = await jobs.create({
    model: base,
    training_file: training.id,
    validation_file: training.id,
    suffix: "journey",
    seed: 3,
    metadata: { client: LABEL },
    method: {
      type: "supervised",
      supervised: { hyperparameters: { n_epochs: EPOCHS, batch_size: BATCH } },
    },
  });
  assert.deepEqual([created.status, created.hyperparameters.learning_rate_multiplier], [ORDER[0], "auto"]);
  const waiting = await jobs.create({ model: base, training_file: training.id });
  assert.equal((await jobs.pause(waiting.id)).status, "paused");
  assert.ok(ORDER.slice(0, 2).includes((await jobs.resume(waiting.id)).status));
  assert.equal((await jobs.cancel(waiting.id)).status, "cancelled");
  const page = await jobs.list({ limit: 1 });
  assert.deepEqual([page.data[0].id, page.has_more], [waiting.id, true]);
  assert.equal((await page.getNextPage()).data[0].id, created.id);
  const found = await all(jobs.list({ metadata: { client: LABEL } }));
  assert.deepEqual(found.map((job) => job.id), [created.id]);
  assert.deepEqual(await all(jobs.list({ metadata: { client: "nobody" } })), []);

  const seen = [created.status];
  const deadline = Date.now() + 120_000;
  let job = created;
  while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
    assert.ok(Date.now() < deadline, `still ${job.status} after two minutes`);
    await sleep(100);
    job = await jobs.retrieve(created.id);
    if (job.status !== seen.at(-1)) seen.push(job.status);
  }
  assert.deepEqual(seen, ORDER.filter((status) => seen.includes(status)));
  assert.equal(job.status, "succeeded");
  return job;
}

async function checkEventsAndResults(job) {
  const first = await jobs.listEvents(job.id, { limit: 3 });
  const events = await all(jobs.listEvents(job.id, { limit: 3 }));
  assert.deepEqual([first.data.length, first.has_more], [3, true]);
  assert.equal(new Set(events.map((event) => event.id)).size, events.length);
  const times = events.map((event) => event.created_at);
  assert.deepEqual(times, [...times].sort((a, b) => b - a));
  assert.equal(events[0].message, "The job has successfully completed");
  assert.equal(events.at(-1).message, `Created fine-tuning job: ${job.id}`);

  const metrics = events.filter((event) => event.type === "metrics").map((event) => event.data).reverse();
  assert.deepEqual(metrics.map((data) => data.step), NAMES.map((_, index) => index + 1).slice(0, STEPS));
  const text = Buffer.from((await bytesOf(job.result_files[0])).toString(), "base64").toString();
  const [header, ...rows] = text.trim().split("\n").map((line) => line.split(","));
  for (const name of ["step", "train_loss", "valid_loss"]) {
    // Blank where nothing was measured.
    const column = rows.map((row) => row[header.indexOf(name)]).map((cell) => (cell ? Number(cell) : undefined));
    assert.deepEqual(column, metrics.map((data) => data[name]));
  }

  const [newest, older] = (await jobs.checkpoints.list(job.id)).data;
  assert.deepEqual([newest.step_number, older.step_number], [STEPS, STEPS / EPOCHS]);
  assert.equal(newest.fine_tuned_model_checkpoint, job.fine_tuned_model);
  assert.equal(newest.metrics.full_valid_loss, metrics.at(-1).full_valid_loss);
}

async function checkChat(job) {
  const request = { model: job.fine_tuned_model, messages: QUESTION, temperature: 0, max_tokens: 20 };
  const whole = await client.chat.completions.create(request);
  const chunks = await all(
    client.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } }),
  );
  const last = chunks.pop();
  const text = whole.choices[0].message.content;
  assert.ok(text, "the answer is empty");
  assert.ok(chunks.length > 2, `${chunks.length} chunks are no stream`);
  assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join(""), text);
  assert.equal(chunks.at(-1).choices[0].finish_reason, whole.choices[0].finish_reason);
  assert.deepEqual(last.usage, whole.usage);
  assert.match(whole._request_id, /^req_/);
  const helper = client.chat.completions.stream(request);
  const more = [...QUESTION, (await helper.finalChatCompletion()).choices[0].message, ...QUESTION];
  const longer = await client.chat.completions.create({ ...request, messages: more });
  assert.ok(longer.usage.prompt_tokens > whole.usage.total_tokens, longer.usage);
}

async function checkRefusals(base, training) {
  const { completions } = client.chat;
  const stranger = new OpenAI({ maxRetries: 0, apiKey: "sk-wrong" });
  await refused(sdk.AuthenticationError, 401, null, "invalid_api_key", stranger.models.list());
  const unknown = { model: "gpt-9", messages: QUESTION };
  await refused(sdk.NotFoundError, 404, null, "model_not_found", completions.create(unknown));
  const wrong = { model: base, training_file: training.id, suffix: "x".repeat(65) };
  await refused(sdk.BadRequestError, 400, "suffix", "invalid_value", jobs.create(wrong));
  const long = [{ role: "user", content: "word ".repeat(3000) }];
  for (const stream of [false, true]) {
    const call = completions.create({ model: base, messages: long, stream });
    await refused(sdk.BadRequestError, 400, "messages", "context_length_exceeded", call);
  }
}

async function checkDeletion(job, training) {
  assert.equal((await client.files.delete(training.id)).deleted, true);
  await refused(sdk.NotFoundError, 404, "id", null, client.files.retrieve(training.id));
  assert.equal((await client.models.delete(job.fine_tuned_model)).deleted, true);
  const gone = client.models.retrieve(job.fine_tuned_model);
  await refused(sdk.NotFoundError, 404, null, "model_not_found", gone);
}

async function refused(kind, status, param, code, call) {
  const error = await call.then(
    () => assert.fail(`${kind.name} (${code}) was expected, but the call succeeded`),
    (reason) => reason,
  );
  assert.equal(error.constructor, kind, error);
  const seen = [error.status, error.type, error.param, error.code];
  assert.deepEqual(seen, [status, "invalid_request_error", param, code]);
  assert.match(error.requestID, /^req_/);
}

async function all(pages) {
  const items = [];
  for await (const item of await pages) items.push(item);
  return items;
}

async function bytesOf(fileId) {
  return Buffer.from(await (await client.files.content(fileId)).arrayBuffer());
}

// Without the request id, which the SDK adds to answers but not to the items of a list.
async function plain(answer) {
  return JSON.parse(JSON.stringify(await answer));
}

console.log(`openai ${VERSION} on Node ${process.versions.node}`);
const base = (await client.models.list()).data[0].id;
const training = await checkFiles();
const job = await checkJob(base, training);
await checkEventsAndResults(job);
await checkChat(job);
await checkRefusals(base, training);
await checkDeletion(job, training);
