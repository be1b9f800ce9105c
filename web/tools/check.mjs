/*
 * check.mjs - the types of the web interface, strictly, and its layout.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "./install.mjs";

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
await install(web);

const tool = (...parts) => path.join(web, "node_modules", ...parts);
const run = (...args) => spawnSync(process.execPath, args, { cwd: web, stdio: "inherit" }).status ?? 1;

process.exitCode =
  run(tool("typescript", "bin", "tsc"), "--noEmit", "-p", web) ||
  run(tool("prettier", "bin", "prettier.cjs"), "--check", "--log-level", "warn", ".");
