/*
 * icons.tsx - the few signs we use, drawn with strokes of one width.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { JSX } from "preact";

const PATHS = {
  online: "M5 12.5l4.5 4.5L19 7.5",
  offline: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  waiting: "M12 6.5V12l3.5 2.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  unknown: "M9 9.2A3 3 0 1 1 13 12c-.7.4-1 .9-1 2M12 17.5v.2",
  info: "M12 11v6M12 7.2v.2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  warn: "M12 9.5v4.5M12 17v.2M12 3.5L2.5 20h19z",
  error: "M12 7v6.5M12 16.8v.2M8 2.8h8L21.2 8v8L16 21.2H8L2.8 16V8z",
  overview:
    "M12 2.8l4 2.3v4.6l-4 2.3-4-2.3V5.1zM8 12l4 2.3v4.6l-4 2.3-4-2.3v-4.6zM16 12l4 2.3v4.6l-4 2.3-4-2.3v-4.6z",
  hosts: "M4 4h16v6H4zM4 14h16v6H4zM7.5 7v.1M7.5 17v.1",
  events: "M4 6h2M4 12h2M4 18h2M10 6h10M10 12h10M10 18h7",
  tokens: "M15.5 3.5a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12 12l-8.5 8.5M6 18l2.5 2.5",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21",
  close: "M6 6l12 12M18 6L6 18",
  sun:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2.5" +
    "M12 19.5V22M2 12h2.5M19.5 12H22M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  auto: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 7.5h7.8M12 12h9M12 16.5h7.8",
  logout: "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13",
  back: "M15 5l-7 7 7 7",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  lost: "M3 3l18 18M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 4-2.4M19 12a10 10 0 0 0-5.5-2.8M12 19v.1",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: the words beside it say the same. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
