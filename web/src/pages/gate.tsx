/*
 * gate.tsx - the pages before somebody is signed in: first administrator, and sign-in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { asFailure, Failure } from "../store/client.ts";
import { prefs } from "../store/prefs.ts";
import { navigate, route } from "../store/router.ts";
import { ended, login, phase, setup, start, startFailure } from "../store/session.ts";
import { FailureBox } from "../ui/parts.tsx";
import { Gate } from "../ui/shell.tsx";

const PASSWORD_MIN = 8;

function Field(props: {
  name: string;
  label: string;
  secret?: boolean;
  complete: "username" | "new-password" | "current-password";
  hint?: string;
  bad?: string | undefined;
  focus?: boolean;
}): JSX.Element {
  const note = props.bad ?? props.hint;
  const common = {
    name: props.name,
    autocomplete: props.complete,
    autofocus: !!props.focus,
    required: true,
    maxLength: 256,
    spellcheck: false,
    ...(props.bad ? { "aria-invalid": true } : {}),
    ...(note ? { "aria-describedby": `${props.name}-note` } : {}),
  } as const;
  return (
    <label class="field">
      <span>{props.label}</span>
      {props.secret ? (
        <input type="password" {...common} />
      ) : (
        <input type="text" {...common} autocapitalize="none" />
      )}
      {note && (
        <small id={`${props.name}-note`} class={props.bad ? "bad" : ""}>
          {note}
        </small>
      )}
    </label>
  );
}

// A failure of one of these is said at the field itself.
const SHOWN_AT_FIELD = new Set(["name", "password", "repeat"]);

/** A form that sends itself, shows its failure and cannot be sent twice. */
function SendForm(props: {
  submit: string;
  send: (values: Record<string, string>) => Promise<void>;
  children: (failure: Failure | null) => ComponentChildren;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const onSubmit = async (e: Event): Promise<void> => {
    e.preventDefault();
    const values: Record<string, string> = {};
    new FormData(e.target as HTMLFormElement).forEach((v, k) => (values[k] = String(v)));
    setBusy(true);
    setFailure(null);
    try {
      await props.send(values);
    } catch (error) {
      setFailure(asFailure(error));
      setBusy(false);
    }
  };
  return (
    <form class="form" onSubmit={(e) => void onSubmit(e)}>
      {props.children(failure)}
      {failure && !SHOWN_AT_FIELD.has(failure.field ?? "") && <FailureBox failure={failure} />}
      <button class="button primary" type="submit" disabled={busy}>
        {busy ? t("login.busy") : props.submit}
      </button>
    </form>
  );
}

function SetupPage({ token }: { token: string }): JSX.Element {
  if (!token) {
    return (
      <Gate title={t("setup.title")}>
        <div class="notice" role="status">
          <div>
            <strong>{t("setup.no_token")}</strong>
            <p>{t("setup.no_token.remedy")}</p>
          </div>
        </div>
      </Gate>
    );
  }
  const invalid = (field: string, message: string): Failure =>
    new Failure(0, { code: "invalid", message, field });
  const send = async (v: Record<string, string>): Promise<void> => {
    if ((v["password"] ?? "").length < PASSWORD_MIN)
      throw invalid("password", t("setup.short", { n: PASSWORD_MIN }));
    if (v["password"] !== v["repeat"]) throw invalid("repeat", t("setup.mismatch"));
    await setup(token, v["name"] ?? "", v["password"] ?? "", prefs.lang.value);
    navigate("/", true); // the token leaves the address bar
  };
  return (
    <Gate title={t("setup.title")}>
      <p>{t("setup.lead")}</p>
      <SendForm submit={t("setup.submit")} send={send}>
        {(f) => (
          <>
            <Field
              name="name"
              label={t("setup.name")}
              complete="username"
              focus
              bad={f?.field === "name" ? f.message : undefined}
            />
            <Field
              name="password"
              secret
              label={t("setup.password")}
              complete="new-password"
              hint={t("setup.password.hint", { n: PASSWORD_MIN })}
              bad={f?.field === "password" ? f.message : undefined}
            />
            <Field
              name="repeat"
              secret
              label={t("setup.repeat")}
              complete="new-password"
              bad={f?.field === "repeat" ? f.message : undefined}
            />
          </>
        )}
      </SendForm>
    </Gate>
  );
}

function LoginPage(): JSX.Element {
  const send = async (v: Record<string, string>): Promise<void> => {
    await login(v["name"] ?? "", v["password"] ?? "");
    const { page } = route.value;
    if (page === "login" || page === "setup") navigate("/", true);
  };
  return (
    <Gate title={t("login.title")}>
      {ended.value && (
        <div class="notice" role="status">
          {t("error.session")}
        </div>
      )}
      {route.value.page === "setup" && (
        <div class="notice" role="status">
          {t("setup.done")}
        </div>
      )}
      <SendForm submit={t("login.submit")} send={send}>
        {(f) => (
          <>
            <Field
              name="name"
              label={t("login.name")}
              complete="username"
              focus
              bad={f?.field === "name" ? f.message : undefined}
            />
            <Field
              name="password"
              secret
              label={t("login.password")}
              complete="current-password"
              bad={f?.field === "password" ? f.message : undefined}
            />
          </>
        )}
      </SendForm>
    </Gate>
  );
}

/** Whatever there is to do before the application itself. */
export function GatePage({ token }: { token: string }): JSX.Element | null {
  switch (phase.value) {
    case "failed":
      return (
        <Gate title={t("error.title")}>
          {startFailure.value && <FailureBox failure={startFailure.value} retry={() => void start()} />}
        </Gate>
      );
    case "setup":
      return <SetupPage token={token} />;
    case "out":
      return <LoginPage />;
    default:
      return null;
  }
}
