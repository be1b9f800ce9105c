/*
 * prefs.ts - language and appearance: by the browser, unless chosen here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { computed, signal } from "@preact/signals";
import { browserLang, type Lang, read, type Theme, write } from "../lib/prefs.ts";

const lang = signal<Lang>(read("lang", ["zh", "en"]) ?? browserLang());
const theme = signal<Theme>(read("theme", ["light", "dark"]) ?? "auto");
const systemDark = signal(false);

if (typeof matchMedia === "function") {
  const query = matchMedia("(prefers-color-scheme: dark)");
  systemDark.value = query.matches;
  query.addEventListener("change", () => (systemDark.value = query.matches));
}

export const prefs = {
  lang,
  theme,
  /** What is on the screen, after "auto" is resolved. */
  dark: computed(() => (theme.value === "auto" ? systemDark.value : theme.value === "dark")),

  toggleLang(): void {
    lang.value = lang.value === "zh" ? "en" : "zh";
    write("lang", lang.value);
    document.documentElement.lang = lang.value === "zh" ? "zh-CN" : "en";
  },

  /** auto → light → dark → auto */
  nextTheme(): void {
    theme.value = theme.value === "auto" ? "light" : theme.value === "light" ? "dark" : "auto";
    write("theme", theme.value === "auto" ? null : theme.value);
    if (theme.value === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme.value;
  },
};
