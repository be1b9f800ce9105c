/*
 * tokens.tsx - access for programs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Role, TokenList, TokenMade, TokenRow } from "../api.ts";
import { t, words } from "../i18n/index.ts";
import { age, NONE, stamp } from "../lib/format.ts";
import { api, asFailure, type Failure } from "../store/client.ts";
import { now } from "../store/clock.ts";
import { session } from "../store/session.ts";
import { Icon } from "../ui/icons.tsx";
import { Confirm, CopyButton, FailureBox, Panel } from "../ui/parts.tsx";

const ROLES: Role[] = ["visitor", "developer", "admin"];
const LOCAL = "local CLI"; // the server makes this one for the commands beside it
const DAYS = [7, 30, 90, 365];

function Create({
  onMade,
  onFailure,
}: {
  onMade: (name: string, token: string) => void;
  onFailure: (f: Failure | null) => void;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    const form = e.target as HTMLFormElement;
    const v = new FormData(form);
    const days = Number(v.get("days"));
    const name = String(v.get("name")).trim();
    setBusy(true);
    onFailure(null);
    try {
      const made = await api<TokenMade>("POST", "/tokens", {
        name,
        role: v.get("role"),
        ...(days ? { expires_s: days * 86400 } : {}),
      });
      onMade(name, made.token);
      (form.elements.namedItem("name") as HTMLInputElement).value = "";
    } catch (error) {
      onFailure(asFailure(error));
    }
    setBusy(false);
  };
  return (
    <form class="toolbar inset" onSubmit={(e) => void submit(e)}>
      <label class="pick">
        <span>{t("tokens.name")}</span>
        <input name="name" required maxLength={64} placeholder={t("tokens.name.hint")} autocomplete="off" />
      </label>
      <label class="pick">
        <span>{t("tokens.role")}</span>
        <select name="role">
          {ROLES.map((r) => (
            <option key={r} value={r}>
              {t(`role.${r}`)}
            </option>
          ))}
        </select>
      </label>
      <label class="pick">
        <span>{t("tokens.expires")}</span>
        <select name="days">
          {DAYS.map((d) => (
            <option key={d} value={d} selected={d === 90}>
              {t("tokens.expires.days", { n: d })}
            </option>
          ))}
          <option value="0">{t("tokens.expires.never")}</option>
        </select>
      </label>
      <button class="button primary" type="submit" disabled={busy}>
        {t("tokens.create")}
      </button>
    </form>
  );
}

function Row({ row, revoke }: { row: TokenRow; revoke: () => void }): JSX.Element {
  const expired = !!row.expires && row.expires < now.value;
  return (
    <tr>
      <th scope="row">{row.name}</th>
      <td class="left" data-label={t("tokens.role")}>
        {t(`role.${row.role}`)}
      </td>
      <td class="left" data-label={t("tokens.created")}>
        {row.created ? stamp(row.created) : NONE}
      </td>
      <td class="left" data-label={t("tokens.until")}>
        {row.expires ? stamp(row.expires) : t("tokens.expires.never")}
        {expired && <span class="flag bad">{t("tokens.expired")}</span>}
      </td>
      <td class="left" data-label={t("tokens.used")}>
        {row.used ? t("time.ago", { age: age(now.value - row.used, words.value) }) : t("tokens.never")}
      </td>
      <td>
        <button type="button" class="button small" onClick={revoke}>
          <Icon name="trash" size={13} />
          {t("tokens.revoke")}
        </button>
      </td>
    </tr>
  );
}

export function TokensPage(): JSX.Element {
  const [rows, setRows] = useState<TokenRow[] | null>(null);
  const [made, setMade] = useState<{ name: string; token: string } | null>(null);
  const [asking, setAsking] = useState<TokenRow | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const load = async (): Promise<void> => {
    try {
      setRows((await api<TokenList>("GET", "/tokens")).tokens);
    } catch (e) {
      setFailure(asFailure(e));
    }
  };
  const revoke = async (row: TokenRow): Promise<void> => {
    setAsking(null);
    setFailure(null);
    try {
      await api("DELETE", `/tokens/${encodeURIComponent(String(row.id))}`);
    } catch (e) {
      setFailure(asFailure(e));
    }
    await load();
  };
  useEffect(() => void load(), []);
  if (session.value?.user.role !== "admin")
    return (
      <div class="panel empty">
        <p>{t("error.forbidden")}</p>
      </div>
    );
  return (
    <div class="tokens-page">
      <Panel title={t("tokens.title")}>
        <p class="lead">{t("tokens.lead")}</p>
        <Create
          onFailure={setFailure}
          onMade={(name, token) => {
            setMade({ name, token });
            void load();
          }}
        />
        {failure && <FailureBox failure={failure} />}
        {made && (
          <div class="notice good" role="status">
            <div>
              <strong>{t("tokens.made", { name: made.name })}</strong>
              <pre>
                {made.token}
                <CopyButton text={made.token} />
              </pre>
            </div>
            <button type="button" class="button" onClick={() => setMade(null)}>
              {t("tokens.done")}
            </button>
          </div>
        )}
        {rows && rows.length === 0 && <p class="hollow">{t("tokens.none")}</p>}
        {rows && rows.length > 0 && (
          <div class="scroll-x">
            <table class="devices tokens stack">
              <thead>
                <tr>
                  <th scope="col">{t("tokens.name")}</th>
                  <th scope="col" class="left">
                    {t("tokens.role")}
                  </th>
                  <th scope="col" class="left">
                    {t("tokens.created")}
                  </th>
                  <th scope="col" class="left">
                    {t("tokens.until")}
                  </th>
                  <th scope="col" class="left">
                    {t("tokens.used")}
                  </th>
                  <th />
                </tr>
              </thead>
              <tbody>
                {rows.map((r) => (
                  <Row key={r.id} row={r} revoke={() => setAsking(r)} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      {asking && (
        <Confirm
          text={t(asking.name === LOCAL ? "tokens.revoke.local" : "tokens.revoke.ask", { name: asking.name })}
          action={t("tokens.revoke")}
          onNo={() => setAsking(null)}
          onYes={() => void revoke(asking)}
        />
      )}
    </div>
  );
}
