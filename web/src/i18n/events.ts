/*
 * events.ts - the sentences of the event log in Chinese: made from the server's and the agent's English ones.
 *
 * An event is written down once, in English, for every reader there will ever be. What a sentence says is known
 * by its kind; names and numbers are taken over. A sentence that is not known stays as it is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { EventRow } from "../api.ts";

type Rule = readonly [english: RegExp, chinese: string];

const JUMP: Rule[] = [
  [/^(?:T|t)he clock of Redis jumped by (\S+) (ms|s)$/, "Redis 的时钟跳变了 $1 $2"],
  [/^this host's clock jumped by (\S+) s$/, "本机时钟跳变了 $1 s"],
  [/^(.+) sends stamps that cannot be right; ours are used$/, "$1 上报的时间戳不可信，改用服务端时间"],
  [/^(.+) sends right stamps again$/, "$1 上报的时间戳已恢复正常"],
];

/** For each kind, all sentences that are written under it. */
export const RULES: Record<string, Rule[]> = {
  "host.online": [[/^(.+) is online$/, "$1 已上线"]],
  "host.offline": [
    [/^(.+) went offline: its agent stopped$/, "$1 已离线：代理程序已停止"],
    [/^(.+) is offline: not heard for (\d+) s$/, "$1 已离线：$2 秒没有消息"],
    [/^(.+) is offline: not heard since the server started$/, "$1 已离线：服务端启动以来没有消息"],
  ],
  "host.waiting": [
    [/^(.+) waits for its configuration; it is let in$/, "$1 等待配置，已自动接入"],
    [/^(.+) waits to be let in$/, "$1 等待接入"],
  ],
  "host.new": [[/^(.+) is new$/, "$1 是新主机"]],
  "host.duplicate": [
    [/^(.+) shares its ip with another living host: (.*)$/, "$1 与另一台在线主机使用同一 IP：$2"],
    [
      /^(.+) has the same identity as another living host \(one was copied from the other\): (.*)$/,
      "$1 与另一台在线主机标识相同（其中一台由另一台复制而来）：$2",
    ],
    [
      /^another living host \(id (.*)\) writes to the keys of (.+)$/,
      "另一台在线主机（标识 $1）正在写入 $2 的键",
    ],
  ],
  "host.single": [[/^(.+) is no longer one of two$/, "$1 不再重复"]],
  "host.moved": [[/^(.+) has a new ip; it had (.*)$/, "$1 更换了 IP，原为 $2"]],
  "host.flapping": [
    [/^(.+) comes and goes all the time; its events are held back$/, "$1 频繁上下线，其事件暂不记录"],
  ],
  "host.steady": [[/^(.+) no longer comes and goes$/, "$1 不再频繁上下线"]],
  "host.accepted": [[/^(.+) was let in by (.*)$/, "$1 由 $2 接入"]],
  "host.forgotten": [[/^(.+) was forgotten by (.*)$/, "$1 由 $2 移除"]],
  "host.identity": [
    [/^this host's hardware or machine-id changed; /, "本机硬件或 machine-id 已变化，标识保持不变"],
    [/^this disk was copied from another host: /, "本机磁盘由另一台主机复制而来，已生成自己的标识"],
    [/^the identity kept on disk could not be read; /, "磁盘上的标识无法读取，本机已生成新的标识"],
  ],
  "agent.crash": [
    [/^the worker could not be started: (.*)$/, "工作进程无法启动：$1"],
    [
      /^the worker gave no sign of life for (\d+) s and was ended: (.*); it is the crash number (\d+) in a row$/,
      "工作进程 $1 秒没有响应，已被终止：$2；这是连续第 $3 次",
    ],
    [
      /^the worker gave no sign of life for (\d+) s and was ended: (.*)$/,
      "工作进程 $1 秒没有响应，已被终止：$2",
    ],
    [
      /^the worker ended after (\d+) s: (.*); it is the crash number (\d+) in a row$/,
      "工作进程运行 $1 秒后退出：$2；这是连续第 $3 次",
    ],
    [/^the worker ended after (\d+) s: (.*)$/, "工作进程运行 $1 秒后退出：$2"],
  ],
  "agent.restart": [[/^the worker was replaced to take new settings$/, "工作进程已更换，以使用新配置"]],
  "fs.stuck": [
    [
      /^file system (.+) \((\S+) from (.*)\) has not answered for (\d+) s$/,
      "文件系统 $1（$2，来自 $3）已 $4 秒没有应答",
    ],
    [/^(.+): over$/, "文件系统 $1 已恢复应答"],
  ],
  "collect.failed": [
    [/^(.+): over$/, "采集项 $1 已恢复"],
    [/^(.+)$/, "采集失败：$1"],
  ],
  "clock.step": JUMP,
  "redis.down": [[/^Redis is away: (.*)$/, "Redis 连接中断：$1"]],
  "redis.up": [[/^Redis is back after (\S+) s$/, "Redis 已恢复，中断 $1 秒"]],
  "redis.malformed": [[/^'(.*)' in Redis: (.*); it was passed over$/, "Redis 中的 '$1' 有误，已跳过：$2"]],
  "key.type": [
    [/^the key (\S+) is of another type: deleted, to be written anew$/, "键 $1 类型不符，已删除并将重新写入"],
    [/^the key (\S+) is of another type: nothing can be written there$/, "键 $1 类型不符，无法写入"],
  ],
  "roll.full": [[/^There is no room for another host$/, "名册已满，无法再登记主机"]],
  "sql.up": [[/^The database is in order again$/, "数据库已恢复正常"]],
  "sql.down": [[/^(.*)$/, "数据库不可用，正在重试：$1"]],
  "server.start": [[/^The server started \(version (.*)\)$/, "服务端已启动（版本 $1）"]],
  "server.stop": [[/^The server stopped$/, "服务端已停止"]],
  "login.failed": [[/^(\d+) wrong logins in a row from (.*)$/, "来自 $2 的登录连续失败 $1 次"]],
  "interval.clamped": [
    [
      /^rdv_client_loop_interval is out of range \(1 to 3600 seconds\): reporting every (\S+) s$/,
      "rdv_client_loop_interval 超出范围（1 至 3600 秒），按每 $1 秒上报",
    ],
    [
      /^rdv_client_loop_interval is no number: reporting every (\S+) s$/,
      "rdv_client_loop_interval 不是数字，按每 $1 秒上报",
    ],
  ],
  "client.stopped": [[/^rdv_client_run is 0: stopped collecting$/, "rdv_client_run 为 0：已停止采集"]],
  "client.running": [
    [/^rdv_client_run is 1: collecting again$/, "rdv_client_run 为 1：已恢复采集"],
    [/^rdv_client_run is neither 0 nor 1: taken as 1$/, "rdv_client_run 既不是 0 也不是 1，按 1 处理"],
  ],
};

/** How a process ended, inside other sentences. */
const ENDS: Rule[] = [
  [/killed by signal (\d+) \(([^)]*)\)/, "被信号 $1（$2）终止"],
  [/exit status (\d+)/, "退出码 $1"],
];

/** The sentence of `e` in Chinese; as it was written where it is not one of those known. */
export function inChinese(e: Pick<EventRow, "kind" | "text">): string {
  const rule = RULES[e.kind]?.find(([english]) => english.test(e.text));
  if (!rule) return e.text;
  let text = e.text.replace(rule[0], rule[1]);
  if (e.kind === "agent.crash") for (const [english, chinese] of ENDS) text = text.replace(english, chinese);
  return text;
}
