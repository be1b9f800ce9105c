/*
 * eventlist.tsx - rows of the event log.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { JSX } from "preact";
import type { EventRow } from "../api.ts";
import { sentence, t, tMaybe } from "../i18n/index.ts";
import { shortStamp, stamp } from "../lib/format.ts";
import { hostPath } from "../lib/route.ts";
import { now } from "../store/clock.ts";
import { LevelMark } from "./parts.tsx";

export const kindName = (kind: string): string => tMaybe(`kind.${kind}`, kind);

export function EventList({
  events,
  withHost = true,
}: {
  events: readonly EventRow[];
  withHost?: boolean;
}): JSX.Element {
  return (
    <ul class="events">
      {events.map((e) => (
        <li key={e.id} class={`event l-${e.level}`}>
          <LevelMark level={e.level} />
          <div class="event-body">
            <div class="event-top">
              <strong>{kindName(e.kind)}</strong>
              {withHost && e.ip && <a href={hostPath(e.ip)}>{e.hostname || e.ip}</a>}
              <time dateTime={new Date(e.time).toISOString()} title={stamp(e.time)}>
                {shortStamp(e.time, now.value)}
              </time>
            </div>
            <p>{sentence(e)}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}

export function NoEvents({ filtered = false }: { filtered?: boolean }): JSX.Element {
  return <p class="hollow">{t(filtered ? "events.none.filtered" : "events.none")}</p>;
}
