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
import { inChinese, RULES } from "../src/i18n/events.ts";
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

/** All kinds of events that the server and the agent write, out of their sources. */
function kindsInC(): Set<string> {
  const places = [
    /notes_host\(\s*\w+,\s*\w+,\s*"([a-z]+\.[a-z]+)"/g,
    /notes_server\(\s*\w+,[^;]*?"([a-z]+\.[a-z]+)"/g,
    /notes_server\(\s*\w+,[^;]*?:\s*"([a-z]+\.[a-z]+)"/g,
    /kind = "([a-z]+\.[a-z]+)"/g,
    /(?:news|findings)_add\([^,]+,\s*"([a-z]+\.[a-z]+)"/g,
    /\[ROLL_\w+\] = \{\s*"([a-z]+\.[a-z]+)"/g,
  ];
  const kinds = new Set<string>();
  const walk = (dir: string): void => {
    for (const f of fs.readdirSync(dir, { withFileTypes: true })) {
      const name = path.join(dir, f.name);
      if (f.isDirectory()) walk(name);
      else if (f.name.endsWith(".c")) {
        const text = fs.readFileSync(name, "utf8");
        for (const p of places) for (const m of text.matchAll(p)) kinds.add(m[1]!);
      }
    }
  };
  walk(path.join(WEB_DIR, "../src/server"));
  walk(path.join(WEB_DIR, "../src/agent"));
  return kinds;
}

test("every kind of event in the C sources has a name in both languages and its Chinese sentences", () => {
  const kinds = kindsInC();
  for (const k of ["host.single", "sql.up", "sql.down", "login.failed", "fs.stuck", "agent.crash"])
    assert.ok(kinds.has(k), `the search must find ${k}`);
  assert.ok(kinds.size >= 28, String(kinds.size));
  for (const k of kinds) {
    assert.ok(`kind.${k}` in en && `kind.${k}` in zh, `${k} has no name`);
    assert.ok(RULES[k], `${k} has no Chinese sentence`);
  }
  const named = Object.keys(en).filter((k) => k.startsWith("kind."));
  assert.deepEqual(named.map((k) => k.slice(5)).sort(), [...kinds].sort());
});

test("events are told in Chinese, with the names and numbers of the English ones", () => {
  const zhOf = (kind: string, text: string): string => inChinese({ kind, text });
  assert.equal(
    zhOf("host.offline", "db1 (10.0.0.7) is offline: not heard for 31 s"),
    "db1 (10.0.0.7) 已离线：31 秒没有消息",
  );
  assert.equal(zhOf("host.online", "10.0.0.7 is online"), "10.0.0.7 已上线");
  assert.equal(
    zhOf("agent.crash", "the worker ended after 12 s: killed by signal 9 (Killed)"),
    "工作进程运行 12 秒后退出：被信号 9（Killed）终止",
  );
  assert.equal(
    zhOf("redis.malformed", "'server:config:x' in Redis: no ip; it was passed over"),
    "Redis 中的 'server:config:x' 有误，已跳过：no ip",
  );
  assert.equal(zhOf("clock.step", "The clock of Redis jumped by 900 ms"), "Redis 的时钟跳变了 900 ms");
  assert.equal(zhOf("host.online", "something else"), "something else");
  assert.equal(zhOf("new.kind", "something else"), "something else");
});

test("the English sentences that are looked for are those of the C sources", () => {
  const c = (dir: string): string =>
    fs
      .readdirSync(dir, { withFileTypes: true })
      .map((f) =>
        f.isDirectory()
          ? c(path.join(dir, f.name))
          : f.name.endsWith(".c")
            ? fs.readFileSync(path.join(dir, f.name), "utf8")
            : "",
      )
      .join("\n");
  // String literals put together as the compiler does.
  const text = (c(path.join(WEB_DIR, "../src/server")) + c(path.join(WEB_DIR, "../src/agent"))).replace(
    /"\s*\n\s*"/g,
    "",
  );
  for (const [kind, rules] of Object.entries(RULES))
    for (const [english] of rules) {
      const longest = english.source
        .replace(/\(\?:T\|t\)/g, "")
        .replace(/\\([()])/g, "$1")
        .split(/\((?:\.\+|\.\*|\\S\+|\\d\+|ms\|s)\)|[$^]/)
        .sort((a, b) => b.length - a.length)[0]!;
      assert.ok(text.includes(longest), `${kind}: '${longest}' is said nowhere`);
    }
});
