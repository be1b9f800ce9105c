/*
 * test.mjs - bundles the tests of logic and runs them with node's own runner.
 *
 * usage: node test.mjs [--out DIR]
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "./install.mjs";

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
await install(web);
const esbuild = await import("esbuild");
const out = fs.mkdtempSync(path.join(os.tmpdir(), "muster-web-test-"));
try {
  const tests = fs.readdirSync(path.join(web, "test")).filter((f) => f.endsWith(".test.ts"));
  await esbuild.build({
    absWorkingDir: web,
    entryPoints: tests.map((f) => `test/${f}`),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    outdir: out,
    outExtension: { ".js": ".mjs" },
    define: { WEB_DIR: JSON.stringify(web) },
    sourcemap: "inline",
    logLevel: "warning",
  });
  const files = tests.map((f) => path.join(out, f.replace(/\.ts$/, ".mjs")));
  const r = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
  process.exitCode = r.status ?? 1;
} finally {
  fs.rmSync(out, { recursive: true, force: true });
}
