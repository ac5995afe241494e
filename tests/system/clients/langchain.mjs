// langchain.js on the local server: chat completions and responses, whole, streamed, and with an answer sent back.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ChatOpenAI } from "@langchain/openai";
import OpenAI from "openai-7";

const model = (await new OpenAI({ maxRetries: 0 }).models.list()).data[0].id;
const question = { role: "user", content: "Tell me about Tin" };
const answers = [];
for (const useResponsesApi of [false, true]) {
  const chat = new ChatOpenAI({ model, useResponsesApi, temperature: 0, maxRetries: 0 });
  const whole = await chat.invoke([question]);
  const pieces = [];
  for await (const chunk of await chat.stream([question])) pieces.push(chunk.text);
  assert.ok(pieces.length > 5, `${pieces.length} pieces are no stream`);
  assert.equal(pieces.join(""), whole.text);
  assert.ok(whole.usage_metadata.total_tokens > 0);
  const next = await chat.invoke([question, whole, { role: "user", content: "And Iron?" }]);
  answers.push([whole.text, next.text]);
}
assert.ok(answers[0][0], "the answer is empty");
assert.deepEqual(answers[0], answers[1]);
const { version } = JSON.parse(readFileSync(new URL("node_modules/@langchain/openai/package.json", import.meta.url)));
console.log(`@langchain/openai ${version} on Node ${process.versions.node}`);
