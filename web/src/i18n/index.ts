/*
 * index.ts - which language, and the words in it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { computed } from "@preact/signals";
import type { Words } from "../lib/format.ts";
import { prefs } from "../store/prefs.ts";
import type { EventRow } from "../api.ts";
import { en, type Key } from "./en.ts";
import { inChinese } from "./events.ts";
import { fill, type Values } from "./fill.ts";
import { zh } from "./zh.ts";

export type { Key };

/** The word or sentence of `key` in the language of the moment. */
export function t(key: Key, values?: Values): string {
  return fill((prefs.lang.value === "zh" ? zh : en)[key], values);
}

/** The same for a key made at run time; `fallback` where there is none. */
export function tMaybe(key: string, fallback: string): string {
  return key in en ? t(key as Key) : fallback;
}

/** What an event says, in the language of the moment. */
export function sentence(e: EventRow): string {
  return prefs.lang.value === "zh" ? inChinese(e) : e.text;
}

/** A region as people read it: "unknown" is the server's word for none. */
export function regionName(region: string): string {
  return region === "unknown" ? t("region.unknown") : region;
}

/** The units of time, for format.ts. */
export const words = computed<Words>(() => ({
  day: t("unit.day"),
  hour: t("unit.hour"),
  minute: t("unit.minute"),
  second: t("unit.second"),
}));
