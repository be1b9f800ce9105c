/*
 * format.ts - numbers as people read them: never without a unit, never with more digits than matter.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

export type Num = number | null | undefined;

/** What stands where a value is not known. */
export const NONE = "–";

const isNum = (v: Num): v is number => typeof v === "number" && Number.isFinite(v);

/** Three digits that matter: 0.12, 3.4, 56, 1234. */
export function digits(v: number): string {
  const a = Math.abs(v);
  if (a === 0) return "0";
  if (a < 0.995) return v.toFixed(2);
  if (a < 9.95) return v.toFixed(1);
  return v.toFixed(0);
}

export function percent(v: Num): string {
  if (!isNum(v)) return NONE;
  return `${v > 0 && v < 9.95 ? v.toFixed(1) : v.toFixed(0)} %`;
}

export function load(v: Num): string {
  return isNum(v) ? (v < 99.95 ? v.toFixed(2) : v.toFixed(0)) : NONE;
}

function scaled(v: number, units: readonly string[], step: number): string {
  let i = 0;
  let x = v;
  // 999.5 of a unit would print as 1000: move on before that.
  while (Math.abs(x) >= (step === 1000 ? 999.5 : 1023.5) && i < units.length - 1) {
    x /= step;
    i++;
  }
  const text =
    i === 0
      ? x.toFixed(0)
      : Math.abs(x) < 9.95
        ? x.toFixed(2)
        : Math.abs(x) < 99.5
          ? x.toFixed(1)
          : x.toFixed(0);
  return `${text} ${units[i]}`;
}

/** Bytes, in powers of 1024. */
export function bytes(v: Num): string {
  return isNum(v) ? scaled(v, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"], 1024) : NONE;
}

/** KB as the agent's message has them. */
export const fromKb = (v: Num): string => bytes(isNum(v) ? v * 1024 : null);

/** MB as the agent's message has them. */
export const fromMb = (v: Num): string => bytes(isNum(v) ? v * 1048576 : null);

/** KB per second as the agent's message has them. */
export function rate(v: Num): string {
  return isNum(v) ? `${scaled(v * 1024, ["B", "KiB", "MiB", "GiB", "TiB"], 1024)}/s` : NONE;
}

/** A count: 1 234 567 with thin spaces. */
export function count(v: Num): string {
  return isNum(v)
    ? Math.round(v)
        .toString()
        .replace(/\B(?=(\d{3})+$)/g, "\u202f")
    : NONE;
}

/** Short count for narrow places: 12.3k. */
export function shortCount(v: Num): string {
  return isNum(v)
    ? Math.abs(v) < 10000
      ? count(v)
      : scaled(v, ["", "k", "M", "G", "T"], 1000).replace(" ", "")
    : NONE;
}

export interface Words {
  day: string;
  hour: string;
  minute: string;
  second: string;
}

/** A length of time in its two largest units: "3 d 4 h", "12 s"; below ten seconds with one decimal. */
export function duration(ms: Num, words: Words): string {
  if (!isNum(ms)) return NONE;
  const s = Math.max(0, ms) / 1000;
  if (s < 9.95) return `${s.toFixed(1)} ${words.second}`;
  const whole = Math.round(s);
  if (whole < 60) return `${whole} ${words.second}`;
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), words.day],
    [Math.floor(whole / 3600) % 24, words.hour],
    [Math.floor(whole / 60) % 60, words.minute],
    [whole % 60, words.second],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, w]) => `${n} ${w}`)
    .join(" ");
}

/** A length of time in whole seconds at least: what ticks in a table without flickering. */
export function age(ms: Num, words: Words): string {
  if (!isNum(ms)) return NONE;
  return ms < 9950 ? `${Math.max(0, Math.floor(ms / 1000))} ${words.second}` : duration(ms, words);
}

const two = (n: number): string => String(n).padStart(2, "0");

/** Local time of day, 08:05:09. */
export function clock(ms: Num): string {
  if (!isNum(ms)) return NONE;
  const d = new Date(ms);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** Local date and time, 2026-11-21 08:05:09. */
export function stamp(ms: Num): string {
  if (!isNum(ms)) return NONE;
  const d = new Date(ms);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clock(ms)}`;
}

/** Time of day if it is today's, else the date and the minute. */
export function shortStamp(ms: Num, now: number): string {
  if (!isNum(ms)) return NONE;
  const d = new Date(ms);
  const same = d.toDateString() === new Date(now).toDateString();
  return same ? clock(ms) : `${two(d.getMonth() + 1)}-${two(d.getDate())} ${clock(ms).slice(0, 5)}`;
}

/** Digits in names compare as numbers: web-2 before web-10, 10.0.0.9 before 10.0.0.10. */
export const natural = new Intl.Collator("en", { numeric: true }).compare;

/** An address as one number, so that ten thousand sort in no time; what is no IPv4 comes last. */
export function ipKey(ip: string): number {
  let key = 0;
  const parts = ip.split(".");
  if (parts.length !== 4) return Infinity;
  for (const p of parts) {
    const n = Number(p);
    if (!(n >= 0 && n <= 255)) return Infinity;
    key = key * 256 + n;
  }
  return key;
}
