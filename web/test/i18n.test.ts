/*
 * i18n.test.ts - tests of i18n.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { en, type Key } from "../src/i18n/en.ts";
import { fill } from "../src/i18n/fill.ts";
import { zh } from "../src/i18n/zh.ts";
import { browserLang } from "../src/lib/prefs.ts";

declare const WEB_DIR: string;

const names = (s: string): string[] => [...s.matchAll(/\{(\w+)/g)].map((m) => m[1]!).sort();

test("both languages have the same keys, none empty", () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const table of [en, zh]) {
    for (const [k, v] of Object.entries(table)) assert.ok(v.trim(), k);
  }
});

test("both languages name the same values", () => {
  for (const k of Object.keys(en) as Key[]) assert.deepEqual(names(zh[k]), names(en[k]), k);
});

test("the Chinese is Chinese", () => {
  const same = new Set<Key>(["nav.version", "overview.by.cpu", "hosts.col.cpu", "host.mac"]);
  for (const k of Object.keys(en) as Key[]) {
    const words = zh[k].replace(/\{[^}]*\}/g, "");
    assert.ok(same.has(k) || !/\p{L}/u.test(words) || /\p{Script=Han}/u.test(words), `${k}: ${zh[k]}`);
  }
});

function sources(dir: string): string {
  return fs
    .readdirSync(dir, { withFileTypes: true })
    .map((f) =>
      f.isDirectory()
        ? sources(path.join(dir, f.name))
        : /\.tsx?$/.test(f.name)
          ? fs.readFileSync(path.join(dir, f.name), "utf8")
          : "",
    )
    .join("\n");
}

test("every key is used, whole or by its beginning", () => {
  const text =
    ["ui", "pages", "store", "chart", "lib"].map((d) => sources(path.join(WEB_DIR, "src", d))).join("\n") +
    fs.readFileSync(path.join(WEB_DIR, "src/main.tsx"), "utf8") +
    fs.readFileSync(path.join(WEB_DIR, "src/i18n/index.ts"), "utf8");
  const unused = Object.keys(en).filter((k) => {
    if (text.includes(`"${k}"`)) return false;
    const parts = k.split(".");
    return !parts.some((_, i) => i > 0 && text.includes(`\`${parts.slice(0, i).join(".")}.\${`));
  });
  assert.deepEqual(unused, []);
});

test("values are put in, counts choose their word", () => {
  assert.equal(fill("{a} of {n|host|hosts}", { a: "x", n: 1 }), "x of 1 host");
  assert.equal(fill("{n|host|hosts}", { n: 1200 }), "1\u202f200 hosts");
  assert.equal(fill("{missing}", {}), "{missing}");
});

test("the browser's first language of ours decides", () => {
  assert.equal(browserLang(["fr", "zh-TW", "en"]), "zh");
  assert.equal(browserLang(["en-GB", "zh-CN"]), "en");
  assert.equal(browserLang(["fr"]), "en");
  assert.equal(browserLang([]), "en");
});
