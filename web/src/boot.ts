/*
 * boot.ts - runs before the first paint, so that a chosen appearance never flashes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { browserLang, read } from "./lib/prefs.ts";

const root = document.documentElement;
const theme = read("theme", ["light", "dark"]);
if (theme) root.dataset["theme"] = theme;
root.lang = (read("lang", ["zh", "en"]) ?? browserLang()) === "zh" ? "zh-CN" : "en";
