/*
 * look.test.ts - colours that can be read, routes that can be followed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { inkOn, luminance as brightness, ramp, SCALES } from "../src/lib/metric.ts";
import { hostPath, parse, query } from "../src/lib/route.ts";
import { host } from "./hosts.ts";

declare const WEB_DIR: string;

type Vars = Record<string, string>;

/** The three blocks of colours: light, dark by the system, dark by choice. */
function palettes(): [Vars, Vars, Vars] {
  const css = fs.readFileSync(path.join(WEB_DIR, "src/style/base.css"), "utf8");
  const blocks = [...css.matchAll(/:root[^{]*\{([^}]*)\}/g)].map((m) =>
    Object.fromEntries([...m[1]!.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6});/g)].map((v) => [v[1]!, v[2]!])),
  );
  assert.equal(blocks.length, 3);
  return blocks as [Vars, Vars, Vars];
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const v = parseInt(hex.slice(i, i + 2), 16) / 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (hi + 0.05) / (lo + 0.05);
}

test("words can be read on every ground they stand on", () => {
  const [light, dark] = palettes();
  const pairs: [string, string][] = [
    ["--text", "--bg"],
    ["--text", "--panel"],
    ["--muted", "--panel"],
    ["--muted", "--bg"],
    ["--muted", "--raised"],
    ["--accent", "--panel"],
    ["--on-accent", "--accent"],
    ["--online", "--panel"],
    ["--offline", "--panel"],
    ["--waiting", "--panel"],
    ["--unknown", "--panel"],
    ["--warn", "--panel"],
    ["--on-fill", "--online-fill"],
    ["--text", "--bad-soft"],
    ["--text", "--warn-soft"],
    ["--muted", "--accent-soft"],
    ["--panel", "--offline"],
  ];
  for (const [name, vars] of [
    ["light", light],
    ["dark", dark],
  ] as const) {
    for (const [fg, bg] of pairs) {
      const c = contrast(vars[fg]!, vars[bg]!);
      assert.ok(c >= 4.5, `${name}: ${fg} on ${bg} is ${c.toFixed(2)}`);
    }
  }
});

test("dark is the same dark, by the system's wish or by choice", () => {
  const [, system, chosen] = palettes();
  assert.deepEqual(chosen, system);
});

test("the ramp runs from quiet to loud and does not leave its ends", () => {
  for (const dark of [true, false]) {
    assert.equal(ramp(0, dark), ramp(-1, dark));
    assert.equal(ramp(1, dark), ramp(7, dark));
    assert.notEqual(ramp(0, dark), ramp(1, dark));
  }
});

test("scales give a place to every value and none to the unknown", () => {
  for (const scale of Object.values(SCALES)) {
    const v = scale.get(host("1.1.1.1"))!;
    assert.ok(scale.at(v) >= 0 && scale.at(v) <= 1);
    assert.equal(scale.at(1e15), 1);
    assert.equal(
      scale.get(
        host("1.1.1.1", { cpu: null, mem: null, disk: null, load1: null, net_in: null, net_out: null }),
      ),
      null,
    );
  }
});

test("every page has an address, and strange ones have none", () => {
  assert.deepEqual(parse("/"), { page: "overview" });
  assert.deepEqual(parse("/hosts"), { page: "hosts" });
  assert.deepEqual(parse(hostPath("fe80::1%eth0")), { page: "host", ip: "fe80::1%eth0" });
  assert.deepEqual(parse("/hosts/%E0%A4%A"), { page: "none" });
  assert.deepEqual(parse("/hosts/a/b"), { page: "none" });
  assert.deepEqual(parse("/setup"), { page: "setup" });
  assert.equal(query({ q: "a b", state: "" }), "?q=a+b");
  assert.equal(query({}), "");
});

test("words on every colour of the ramp can be read", () => {
  for (const dark of [false, true])
    for (let x = 0; x <= 1; x += 0.02) {
      const ground = brightness(
        ramp(x, dark).match(/\d+/g)!.map(Number) as unknown as [number, number, number],
      );
      const ink = inkOn(x, dark) === "#ffffff" ? 1 : 0;
      const ratio = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
      assert.ok(ratio >= 4.5, `${x} ${ratio}`);
    }
});
