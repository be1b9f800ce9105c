/*
 * prefs.ts - what the browser remembers, for the application and for boot.ts before it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

export type Lang = "zh" | "en";
export type Theme = "auto" | "light" | "dark";

/** A remembered choice, if it is one of `allowed`. Storage may be forbidden: then nothing is remembered. */
export function read<T extends string>(name: string, allowed: readonly T[]): T | undefined {
  try {
    const v = localStorage.getItem(`muster.${name}`);
    return allowed.find((a) => a === v);
  } catch {
    return undefined;
  }
}

export function write(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`muster.${name}`);
    else localStorage.setItem(`muster.${name}`, value);
  } catch {
    // Kept for this page only.
  }
}

/** Chinese if the browser prefers any Chinese to English. */
export function browserLang(
  languages: readonly string[] = typeof navigator === "object" ? navigator.languages : [],
): Lang {
  const first = languages.find((l) => /^(zh|en)\b/i.test(l));
  return first && /^zh/i.test(first) ? "zh" : "en";
}
