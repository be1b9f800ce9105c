// check.mjs - the types of the web interface, strictly.
//
// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "./install.mjs";

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
await install(web);
const tsc = path.join(web, "node_modules", "typescript", "bin", "tsc");
process.exitCode = spawnSync(process.execPath, [tsc, "--noEmit", "-p", web], { stdio: "inherit" }).status ?? 1;
