// promptfoo on the local server: an evaluation by its command line, with both of OpenAI's routes.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "promptfoo-"));
const results = join(home, "results.json");
const quiet = {
  PROMPTFOO_CONFIG_DIR: home,
  PROMPTFOO_DISABLE_TELEMETRY: "1",
  PROMPTFOO_DISABLE_UPDATE: "1",
  PROMPTFOO_DISABLE_REMOTE_GENERATION: "1",
};
try {
  const command = [join(here, "node_modules/promptfoo/dist/src/entrypoint.js"), "eval", "--no-cache", "--no-write"];
  const done = spawnSync(process.execPath, [...command, "--no-progress-bar", "-o", results], {
    cwd: here,
    env: { ...process.env, ...quiet },
    encoding: "utf8",
  });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const { stats } = JSON.parse(readFileSync(results)).results;
  assert.deepEqual([stats.successes, stats.failures, stats.errors], [4, 0, 0], done.stdout);
} finally {
  rmSync(home, { recursive: true, force: true });
}
const { version } = JSON.parse(readFileSync(join(here, "node_modules/promptfoo/package.json")));
console.log(`promptfoo ${version} on Node ${process.versions.node}`);
