/*
 * clock.ts - the server's time: ages are told against it, whatever this computer's clock says.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { signal } from "@preact/signals";

let skew = 0; // server minus local

/** The server's time in ms, right now. */
export function serverNow(): number {
  return Date.now() + skew;
}

/** The same as a signal that moves once a second: whatever shows an age reads this. */
export const now = signal(Date.now());

export function setServerNow(ms: number): void {
  if (!Number.isFinite(ms)) return;
  skew = ms - Date.now();
  now.value = serverNow();
}

setInterval(() => (now.value = serverNow()), 1000);
