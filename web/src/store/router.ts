/*
 * router.ts - the address bar as a signal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { computed, signal } from "@preact/signals";
import { parse } from "../lib/route.ts";

const path = signal(location.pathname);
const search = signal(location.search);

export const route = computed(() => parse(path.value));
export const params = computed(() => new URLSearchParams(search.value));

function sync(): void {
  path.value = location.pathname;
  search.value = location.search;
}

export function navigate(to: string, replace = false): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  const moved = path.value !== location.pathname;
  sync();
  if (moved) window.scrollTo(0, 0);
}

/** For the click handler of the whole page: links within the application do not load it anew. */
export function onLinkClick(e: MouseEvent): void {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const a = (e.target as Element | null)?.closest?.("a");
  if (!a || a.target || a.origin !== location.origin || a.hasAttribute("download")) return;
  if (
    a.pathname.startsWith("/api/") ||
    a.pathname.endsWith(".txt") ||
    a.getAttribute("href")?.startsWith("#")
  )
    return;
  e.preventDefault();
  navigate(a.pathname + a.search);
}

window.addEventListener("popstate", sync);
