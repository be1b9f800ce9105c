/*
 * empty.tsx - a roll without hosts: how to bring the first one onto it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { JSX } from "preact";
import { t } from "../i18n/index.ts";
import { CopyButton } from "./parts.tsx";

const CONFIG = "redis = HOST:PORT\npassword = …\n";
const COPY = "scp muster-agent client-daemon.ini root@HOST:/opt/muster/";
const START = "/opt/muster/muster-agent --config /opt/muster/client-daemon.ini";

export function NoHosts(): JSX.Element {
  return (
    <section class="panel empty">
      <h2>{t("empty.title")}</h2>
      <p>{t("empty.lead")}</p>
      <ol>
        <li>
          {t("empty.step2")} <p class="dim">{t("empty.step2.hint")}</p>
          <pre>{CONFIG}</pre>
        </li>
        <li>
          {t("empty.step1")}
          <pre>
            {COPY}
            <CopyButton text={COPY} />
          </pre>
        </li>
        <li>
          {t("empty.step3")}
          <pre>
            {START}
            <CopyButton text={START} />
          </pre>
        </li>
      </ol>
    </section>
  );
}
