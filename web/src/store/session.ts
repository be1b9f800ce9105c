/*
 * session.ts - who is signed in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { signal } from "@preact/signals";
import type { Session, Version } from "../api.ts";
import { asFailure, csrf, api, Failure, whenSignedOut } from "./client.ts";

export type Phase = "starting" | "failed" | "setup" | "out" | "in";

export const phase = signal<Phase>("starting");
export const session = signal<Session | null>(null);
export const version = signal("");
export const ended = signal(false); // signed out by the server, not by the person
export const startFailure = signal<Failure | null>(null);

function enter(s: Session): void {
  csrf.value = s.csrf;
  session.value = s;
  ended.value = false;
  phase.value = "in";
}

function leave(): void {
  csrf.value = "";
  session.value = null;
  phase.value = "out";
}

whenSignedOut(() => {
  if (phase.value !== "in") return;
  ended.value = true;
  leave();
});

/** Finds out where we are: signed in, signed out, or on a server without an administrator. */
export async function start(): Promise<void> {
  phase.value = "starting";
  startFailure.value = null;
  try {
    const v = await api<Version>("GET", "/version", undefined, true);
    version.value = v.version;
    if (v.setup) {
      phase.value = "setup";
      return;
    }
    enter(await api<Session>("GET", "/session", undefined, true));
  } catch (e) {
    const f = asFailure(e);
    if (f.status === 401) leave();
    else {
      startFailure.value = f;
      phase.value = "failed";
    }
  }
}

export async function login(name: string, password: string): Promise<void> {
  enter(await api<Session>("POST", "/login", { name, password }, true));
}

export async function setup(token: string, name: string, password: string, language: string): Promise<void> {
  const s = await api<Partial<Session>>("POST", "/setup", { token, name, password, language }, true);
  // The reply carries the session; a server that only set the cookie is asked for it.
  if (s.user && s.csrf !== undefined) enter(s as Session);
  else enter(await api<Session>("GET", "/session", undefined, true));
}

export async function logout(): Promise<void> {
  try {
    await api("POST", "/logout", {}, true);
  } finally {
    leave();
  }
}

/** Asks whether the session still stands; used when the event stream was refused. */
export async function probe(): Promise<void> {
  await api<Session>("GET", "/session");
}
