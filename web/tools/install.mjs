/*
 * install.mjs - brings node_modules to what package-lock.json says, once.
 *
 * `npm ci` runs only when the lock file differs from the one installed last. Two builds that share
 * this folder (two build directories of one checkout) wait for one another.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const WAIT_MS = 300_000;

function wanted(web) {
  return createHash("sha256")
    .update(fs.readFileSync(path.join(web, "package-lock.json")))
    .update(`${process.platform}-${process.arch}`)
    .digest("hex");
}

function installed(web) {
  try {
    return fs.readFileSync(path.join(web, "node_modules", ".muster-installed"), "utf8");
  } catch {
    return "";
  }
}

/** True when the process that made the lock is gone. */
function isStale(lock) {
  try {
    process.kill(Number(fs.readFileSync(path.join(lock, "pid"), "utf8")), 0);
    return false;
  } catch (e) {
    if (e.code === "ESRCH") return true;
    // No pid file yet: its maker is between mkdir and write, or died there.
    return (
      e.code === "ENOENT" &&
      Date.now() - (fs.statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 10_000
    );
  }
}

async function take(lock) {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    try {
      fs.mkdirSync(lock);
      fs.writeFileSync(path.join(lock, "pid"), String(process.pid));
      return;
    } catch (e) {
      if (e.code !== "EEXIST") throw e;
      if (isStale(lock)) fs.rmSync(lock, { recursive: true, force: true });
      else if (Date.now() > until)
        throw new Error(`${lock} is held by another build; remove it if there is none`);
      else await sleep(200);
    }
  }
}

/** Installs the packages of the folder `web` unless they are there. */
export async function install(web) {
  if (installed(web) === wanted(web)) return;
  const lock = path.join(web, ".install-lock");
  await take(lock);
  try {
    if (installed(web) === wanted(web)) return;
    const args = [
      "ci",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
      "--loglevel=error",
    ];
    const r = spawnSync("npm", args, { cwd: web, stdio: ["ignore", "inherit", "inherit"] });
    if (r.error) throw new Error(`run npm: ${r.error.message} (is the package npm installed?)`);
    if (r.status !== 0) throw new Error(`npm ${args.join(" ")} failed in ${web} with status ${r.status}`);
    fs.writeFileSync(path.join(web, "node_modules", ".muster-installed"), wanted(web));
  } finally {
    fs.rmSync(lock, { recursive: true, force: true });
  }
}
