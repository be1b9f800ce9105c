/*
 * fill.ts - puts values into a sentence.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { count } from "../lib/format.ts";

export type Values = Record<string, string | number>;

/** {name} is the value; {name|one|many} is the number and the word that fits it. */
export function fill(text: string, values: Values = {}): string {
  return text.replace(
    /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g,
    (whole, name: string, one?: string, many?: string) => {
      const v = values[name];
      if (v === undefined) return whole;
      const shown = typeof v === "number" ? count(v) : v;
      return one === undefined ? shown : `${shown} ${v === 1 ? one : many}`;
    },
  );
}
