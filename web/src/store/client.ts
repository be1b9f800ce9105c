/*
 * client.ts - requests to the API, and their failures in words.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { signal } from "@preact/signals";
import type { ApiError } from "../api.ts";
import { prefs } from "./prefs.ts";
import { t, tMaybe } from "../i18n/index.ts";

const TIMEOUT_S = 20;

/** Sent with everything that changes something; the session store sets it. */
export const csrf = signal("");

/** Called when the server says that nobody is signed in. */
let onSignedOut: () => void = () => {};
export function whenSignedOut(f: () => void): void {
  onSignedOut = f;
}

export class Failure extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly remedy: string | undefined;

  constructor(status: number, e: ApiError) {
    super(e.message);
    this.status = status;
    this.code = e.code;
    this.field = e.field;
    this.remedy = e.remedy;
  }
}

/** What to show of anything that was thrown. */
export function asFailure(e: unknown): Failure {
  if (e instanceof Failure) return e;
  return new Failure(0, {
    code: "script",
    message: t("error.script", { message: e instanceof Error ? e.message : String(e) }),
  });
}

/** The server speaks English; what its code says for sure is said in the language of the page. */
function translated(e: ApiError): ApiError {
  const message = tMaybe(`fault.${e.code}`, "");
  if (!message || prefs.lang.value === "en") return e;
  const remedy = tMaybe(`fault.${e.code}.remedy`, "");
  return { code: e.code, message, ...(e.field ? { field: e.field } : {}), ...(remedy ? { remedy } : {}) };
}

async function failureOf(r: Response): Promise<Failure> {
  try {
    const body = (await r.json()) as { error?: ApiError };
    if (body.error?.message) return new Failure(r.status, translated(body.error));
  } catch {
    // Not ours: a proxy between us, perhaps. The status must do.
  }
  return new Failure(r.status, { code: "http", message: t("error.http", { status: String(r.status) }) });
}

/**
 * One request. `quiet` leaves a 401 to the caller, for the requests that ask whether somebody is
 * signed in at all.
 */
export async function api<T>(method: string, path: string, body?: unknown, quiet = false): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf.value) headers["X-CSRF-Token"] = csrf.value;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_S * 1000);
  try {
    const r = await fetch(`/api/v1${path}`, {
      method,
      headers,
      signal: stop.signal,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!r.ok) {
      const f = await failureOf(r);
      if (r.status === 401 && !quiet) onSignedOut();
      throw f;
    }
    const text = await r.text();
    return (text ? JSON.parse(text) : {}) as T;
  } catch (e) {
    if (e instanceof Failure) throw e;
    if (stop.signal.aborted) {
      throw new Failure(0, {
        code: "timeout",
        message: t("error.timeout", { n: TIMEOUT_S }),
        remedy: t("error.timeout.remedy"),
      });
    }
    if (e instanceof TypeError) {
      throw new Failure(0, {
        code: "unreachable",
        message: t("error.unreachable"),
        remedy: t("error.unreachable.remedy"),
      });
    }
    throw e;
  } finally {
    clearTimeout(timer);
  }
}
