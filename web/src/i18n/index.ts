/*
 * index.ts - which language, and the words in it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { computed } from "@preact/signals";
import type { Words } from "../lib/format.ts";
import { prefs } from "../store/prefs.ts";
import { en, type Key } from "./en.ts";
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

/** The units of time, for format.ts. */
export const words = computed<Words>(() => ({
  day: t("unit.day"),
  hour: t("unit.hour"),
  minute: t("unit.minute"),
  second: t("unit.second"),
}));
