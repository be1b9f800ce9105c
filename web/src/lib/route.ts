/*
 * route.ts - addresses of pages: what they mean and how they are written.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

export type Route =
  | { page: "overview" }
  | { page: "hosts" }
  | { page: "host"; ip: string }
  | { page: "events" }
  | { page: "tokens" }
  | { page: "setup" }
  | { page: "login" }
  | { page: "none" };

export function parse(path: string): Route {
  const parts = path.split("/").filter(Boolean);
  const [first, second] = parts;
  if (parts.length === 0) return { page: "overview" };
  if (first === "hosts" && parts.length === 1) return { page: "hosts" };
  if (first === "hosts" && second !== undefined && parts.length === 2) {
    try {
      return { page: "host", ip: decodeURIComponent(second) };
    } catch {
      return { page: "none" };
    }
  }
  if (
    parts.length === 1 &&
    (first === "events" || first === "tokens" || first === "setup" || first === "login")
  ) {
    return { page: first };
  }
  return { page: "none" };
}

export const hostPath = (ip: string): string => `/hosts/${encodeURIComponent(ip)}`;

/** A query string of what is set, or nothing. */
export function query(values: Record<string, string>): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(values)) if (v) q.set(k, v);
  const s = q.toString();
  return s ? `?${s}` : "";
}
