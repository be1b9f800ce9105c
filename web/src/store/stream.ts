/*
 * stream.ts - the server's event stream: opened once, kept open, told when it is lost.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { signal } from "@preact/signals";
import type { EventRow, Sample, StreamEvents } from "../api.ts";
import { serverNow, setServerNow } from "./clock.ts";
import {
  addEvent,
  loadHealth,
  loadLatest,
  loadRoll,
  putHosts,
  removeHost,
  rollLoaded,
  setRev,
} from "./fleet.ts";
import { probe } from "./session.ts";

export type Link = "connecting" | "live" | "lost";

export const link = signal<Link>("connecting");
/** When the stream was lost, server time. */
export const lostAt = signal(0);

const SILENCE_MS = 40_000; // the server pings every 15 s
const DROP_MS = 30_000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000, 15_000];

type SampleListener = (s: Sample) => void;
type LogListener = (e: EventRow) => void;

let source: EventSource | null = null;
let wanted = false;
let tries = 0;
let retry = 0;
let drop = 0;
let heard = 0;
let watched = ""; // the host of the open page
const sampleListeners = new Set<SampleListener>();
const logListeners = new Set<LogListener>();

function lose(): void {
  if (link.value !== "lost") {
    lostAt.value = serverNow();
    link.value = "lost";
  }
}

function on<K extends keyof StreamEvents>(
  es: EventSource,
  name: K,
  f: (data: StreamEvents[K]) => void,
): void {
  es.addEventListener(name, (e: MessageEvent<string>) => {
    heard = Date.now();
    if (e.lastEventId && name !== "hello") setRev(Number(e.lastEventId));
    try {
      f(JSON.parse(e.data) as StreamEvents[K]);
    } catch (error) {
      console.error(`stream: bad ${name}:`, error);
    }
  });
}

function open(): void {
  window.clearTimeout(retry);
  source?.close();
  const es = new EventSource(`/api/v1/events${watched ? `?watch=${encodeURIComponent(watched)}` : ""}`);
  source = es;
  heard = Date.now();
  on(es, "hello", (d) => {
    setServerNow(d.now);
    const first = !rollLoaded.value;
    const wasLost = link.value === "lost";
    tries = 0;
    link.value = "live";
    // After a loss it may be another server, which counts anew: its number says nothing then.
    void loadRoll(wasLost ? undefined : d.rev);
    if (first || wasLost) {
      void loadLatest();
      void loadHealth();
    }
  });
  on(es, "host", (row) => putHosts([row]));
  on(es, "hosts", (d) => putHosts(d.hosts));
  on(es, "gone", (d) => removeHost(d.ip, d.id));
  on(es, "log", (e) => {
    addEvent(e);
    logListeners.forEach((f) => f(e));
    if (/^(redis|server)\./.test(e.kind)) void loadHealth();
  });
  on(es, "sample", (d) => {
    if (d.ip === watched) sampleListeners.forEach((f) => f(d.info));
  });
  es.onerror = () => {
    if (source !== es) return;
    // One way to reconnect for all cases: ours, with its own pace and a look at the session.
    es.close();
    source = null;
    lose();
    again();
  };
}

function again(): void {
  if (!wanted) return;
  const pause = BACKOFF_MS[Math.min(tries++, BACKOFF_MS.length - 1)]!;
  window.clearTimeout(retry);
  retry = window.setTimeout(
    () => {
      // A refused stream may mean that the session ended: the probe then signs us out.
      probe().then(open, again);
    },
    pause * (0.5 + Math.random()),
  );
}

export function openStream(): void {
  wanted = true;
  if (!source) open();
}

export function closeStream(): void {
  wanted = false;
  window.clearTimeout(retry);
  source?.close();
  source = null;
  link.value = "connecting";
}

/** Tries at once instead of waiting for the pause to end. */
export function retryNow(): void {
  tries = 0;
  if (wanted) open();
}

/**
 * Asks for the samples of one host and hears them until the returned function is called. The stream is
 * opened anew for another host only; a host left alone is dropped after a while, for going back and
 * forth between pages should cost nothing.
 */
export function watchSamples(ip: string, f: SampleListener): () => void {
  sampleListeners.add(f);
  window.clearTimeout(drop);
  if (watched !== ip) {
    watched = ip;
    if (wanted && source) open();
  }
  return () => {
    sampleListeners.delete(f);
    window.clearTimeout(drop);
    drop = window.setTimeout(() => {
      if (sampleListeners.size > 0) return;
      watched = "";
      if (wanted && source) open();
    }, DROP_MS);
  };
}

export function onLog(f: LogListener): () => void {
  logListeners.add(f);
  return () => logListeners.delete(f);
}

// A connection can die without a word (a laptop that slept, a NAT that forgot). Comments of the
// server are not seen here, so silence is only told from the batch of numbers every few seconds;
// when even that is missing, the session is asked, and the stream opened again if it answers.
window.setInterval(() => {
  if (wanted && source && link.value === "live" && Date.now() - heard > SILENCE_MS) {
    heard = Date.now();
    open();
  }
}, 5000);

// A page put aside for the back button would keep its connection, and a browser has few of them for a server.
window.addEventListener("pagehide", () => {
  window.clearTimeout(retry);
  source?.close();
  source = null;
});
window.addEventListener("pageshow", (e) => {
  if (e.persisted && wanted) open();
});

window.addEventListener("online", retryNow);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && wanted && link.value === "lost") retryNow();
});
