// The AI SDK on the local server: by default it uses responses, and names earlier messages by their ids only.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, streamText } from "ai";
import OpenAI from "openai-7";

const id = (await new OpenAI({ maxRetries: 0 }).models.list()).data[0].id;
const provider = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });
const question = { role: "user", content: "Tell me about Tin" };
const more = { role: "user", content: "And Iron?" };
const ways = [
  [provider(id), {}],
  [provider.responses(id), { openai: { store: false } }],
  [provider.chat(id), {}],
];
const answers = [];
for (const [model, providerOptions] of ways) {
  const request = { model, providerOptions, temperature: 0, maxRetries: 0 };
  const whole = await generateText({ ...request, messages: [question] });
  const pieces = [];
  for await (const piece of streamText({ ...request, messages: [question] }).textStream) pieces.push(piece);
  assert.ok(pieces.length > 5, `${pieces.length} pieces are no stream`);
  assert.equal(pieces.join(""), whole.text);
  assert.ok(whole.usage.totalTokens > 0);
  const next = await generateText({ ...request, messages: [question, ...whole.response.messages, more] });
  answers.push([whole.text, next.text]);
  const previousResponseId = whole.providerMetadata?.openai?.responseId;
  if (previousResponseId && providerOptions.openai?.store !== false) {
    const kept = await generateText({ ...request, messages: [more], providerOptions: { openai: { previousResponseId } } });
    assert.equal(kept.text, next.text);
  }
}
assert.ok(answers[0][0], "the answer is empty");
assert.deepEqual(answers[1], answers[0]);
assert.deepEqual(answers[2], answers[0]);
const { version } = JSON.parse(readFileSync(new URL("node_modules/ai/package.json", import.meta.url)));
console.log(`ai ${version} on Node ${process.versions.node}`);
