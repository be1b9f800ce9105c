/*
 * key_table.c - the table of keys: what docs/redis.md says.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "wire/keys.h"

#define FIELDS(list) .fields = (list), .n_fields = COUNT_OF(list)

static const struct key_field worker_fields[] = {
	{ "updatetime",
	  "When the record was written: whole UTC seconds since 1970, by Redis' clock." },
	{ "workerip", "The host's ip, as in the key." },
	{ "fullhostname", "The host's full name." },
	{ "memstatuspercent",
	  "Memory in use, 0 to 100: all that is not available. null: not known." },
	{ "diskstatuspercent",
	  "Space used on the fullest local file system, 0 to 100. null: not known." },
};

static const struct key_field info_fields[] = {
	{ "id", "The host's own identity: 32 hex digits, drawn at its first start. Ours." },
	{ "seen", "When it last wrote: UTC milliseconds, by Redis' clock." },
	{ "seq", "Number of its latest message; starts again at 1 with the agent. Ours." },
	{ "interval", "The report interval in force, seconds, decimals possible. Ours." },
	{ "run", "What it makes of rdv_client_run: 1 it collects, 0 it is stopped. Ours." },
	{ "first_seen", "When the host first wrote here: UTC milliseconds. Never overwritten." },
	{ "hostname", "Full host name." },
	{ "ip", "The ip it is known by, as in the key." },
	{ "mac", "Hardware address of the interface that has this ip." },
	{ "macs", "Hardware addresses of all its interfaces, with a comma between them." },
	{ "sn", "Serial number, when one is configured or the machine tells." },
	{ "os", "Name and version of the operating system." },
	{ "kernel", "Release of the kernel." },
	{ "arch", "Machine architecture, such as x86_64." },
	{ "cpu", "Model of the processors." },
	{ "cores", "Number of processors." },
	{ "mem", "Memory of the machine in MB (1024 * 1024 bytes)." },
	{ "boot", "When the machine was started: UTC milliseconds." },
	{ "version", "Version of the agent." },
	{ "cluster", "Name of the cluster, when one is configured." },
	{ "offset", "Redis' clock minus the host's own, milliseconds." },
};

static const struct key_field workload_fields[] = {
	{ "timestamp", "When the sample was taken: UTC seconds with milliseconds, by Redis' clock; "
	               "also the score." },
	{ "info", "The message (docs/message.md). Its rates are taken over one report interval." },
};

static const struct key_field config_fields[] = {
	{ "services", "JSON: type, instance, `alive` and `workload`: what to watch on this host." },
	{ "controlled", "JSON: type, instance, action: what may be done to this host." },
};

static const struct key_field update_fields[] = {
	{ "type", "`alive`, `workload`, `waiting` or `event`." },
	{ "ip", "The host's ip. In all messages." },
	{ "id", "The host's own identity. Ours; a message without it was written by a server." },
	{ "alive", "alive: \"1\" it lives, \"0\" it stopped or was declared dead." },
	{ "seq", "alive: number of the message. Ours." },
	{ "ts", "alive, event: UTC seconds with milliseconds, by Redis' clock. Ours." },
	{ "interval", "alive \"1\": the report interval in force, seconds. Ours." },
	{ "info", "workload: the message (docs/message.md)." },
	{ "event", "event: {\"kind\", \"level\": info, warn or error, \"text\": a sentence, "
	           "\"data\": an object}. Ours." },
};

static const struct key_def table[KEY_N] = {
	[KEY_CLIENT_RUN] = {
		.pattern = "rdv_client_run",
		.type = KEY_STRING,
		.summary = "Whether agents collect, for the whole fleet.",
		.shape = "`0` stop, `1` run. Missing or anything else: run. Stopped agents stay connected and say that they live.",
		.writer = "operator",
		.reader = "agents: each second, and at once when the bell rings",
		.expiry = "never",
		.example = "SET rdv_client_run 0",
	},
	[KEY_CLIENT_INTERVAL] = {
		.pattern = "rdv_client_loop_interval",
		.type = KEY_STRING,
		.summary = "How often agents report.",
		.shape = "Seconds, decimals allowed, 1 to 3600. What is outside is clamped, what is no number is ignored; both make an event `interval.clamped`. Missing: 10, or what the agent is configured to.",
		.writer = "operator",
		.reader = "agents: each second, and at once when the bell rings; checkstate",
		.expiry = "never",
		.example = "SET rdv_client_loop_interval 2.5",
	},
	[KEY_WORKER] = {
		.pattern = "rdv_worker_[ip]",
		.type = KEY_STRING,
		.summary = "The host's record for checkstate: who, when, how full.",
		.shape = "JSON array of five, in this order. The name is literal: `rdv_worker_` and the ip, without brackets. Readers also take numbers in quotes, a list of five, or a hash with these names.",
		FIELDS(worker_fields),
		.writer = "agent: each report interval",
		.reader = "checkstate",
		.expiry = "never; deleted when an operator forgets the host",
		.example = "GET rdv_worker_10.0.0.7 -> [1732140000,\"10.0.0.7\",\"db1.example.org\",41,73]",
	},
	[KEY_SERVERS_ALIVE] = {
		.pattern = "servers:alive",
		.type = KEY_HASH,
		.summary = "Who lives: one field for each host.",
		.shape = "Field: ip. Value: `1` it lives, `0` it stopped or was declared dead.",
		.writer = "agent: 1 each report interval, 0 at a clean stop; server: 0 for a dead host",
		.reader = "server; anybody",
		.expiry = "never; the field is deleted when an operator forgets the host",
		.example = "HGETALL servers:alive -> 10.0.0.7 1 10.0.0.8 0",
	},
	[KEY_ALIVE] = {
		.pattern = "server:alive:{ip}",
		.type = KEY_STRING,
		.summary = "Whether this host lives.",
		.shape = "`1` or `0`, as in servers:alive.",
		.writer = "agent and server, as servers:alive",
		.reader = "anybody; an agent that starts on this ip",
		.expiry = "never; deleted when an operator forgets the host",
		.example = "GET server:alive:10.0.0.7 -> 1",
	},
	[KEY_INFO] = {
		.pattern = "server:info:{ip}",
		.type = KEY_HASH,
		.summary = "What is known about the host: identity, machine, and its latest sign of life.",
		.shape = "Texts. Facts are written when they change; id, seen, seq, interval and run with each report. The server reads these before it declares a host dead, because a published message can get lost.",
		FIELDS(info_fields),
		.writer = "agent",
		.reader = "server; an agent that starts on this ip, to notice another host there",
		.expiry = "never; deleted when an operator forgets the host",
		.example = "HMGET server:info:10.0.0.7 hostname seen -> db1.example.org 1732140000123",
	},
	[KEY_WORKLOAD] = {
		.pattern = "server:workload:{ip}",
		.type = KEY_ZSET,
		.summary = "The host's last messages.",
		.shape = "Members: JSON; score: UTC seconds with milliseconds. Only the latest are kept, 6 unless the agent is configured otherwise; members later than now are removed, for a clock may have stepped back.",
		FIELDS(workload_fields),
		.writer = "agent: each report interval",
		.reader = "server; anybody",
		.expiry = "never; deleted when an operator forgets the host",
		.example = "ZRANGE server:workload:10.0.0.7 -1 -1 -> {\"timestamp\":1732140000.123,\"info\":{\"ip\":\"10.0.0.7\",...}}",
	},
	[KEY_CONFIG] = {
		.pattern = "server:config:{ip}",
		.type = KEY_HASH,
		.summary = "The host's configuration: an agent without one says that it waits, hangs up and comes again.",
		.shape = "JSON texts; `{}` when there is nothing.",
		FIELDS(config_fields),
		.writer = "server: when a host is enrolled (by itself, or accepted by an operator)",
		.reader = "agent: when it connects, each minute, and when the bell rings",
		.expiry = "never; deleted when an operator forgets the host",
		.example = "HSET server:config:10.0.0.7 services {} controlled {}",
	},
	[KEY_WATCH] = {
		.pattern = "muster:watch:{ip}",
		.type = KEY_STRING,
		.summary = "Somebody looks at this host: it publishes each second.",
		.shape = "`1`; only whether it is there counts.",
		.writer = "server: while a browser shows the host",
		.reader = "agent: each second, and at once when the bell rings",
		.expiry = "15 s, renewed while somebody looks",
		.example = "SET muster:watch:10.0.0.7 1 EX 15",
	},
	[KEY_LEASE] = {
		.pattern = "muster:lease:checkstate",
		.type = KEY_STRING,
		.summary = "Which server runs checkstate: one for each Redis.",
		.shape = "`FENCE HOLDER`: a number that only grows, and who holds it.",
		.writer = "server that holds it",
		.reader = "servers",
		.expiry = "15 s, renewed each 5 s",
		.example = "GET muster:lease:checkstate -> 17 hub1:4711",
	},
	[KEY_LEASE_FENCE] = {
		.pattern = "muster:lease:checkstate:fence",
		.type = KEY_STRING,
		.summary = "The last fence given out.",
		.shape = "A whole number.",
		.writer = "server that takes the lease",
		.reader = "servers",
		.expiry = "never",
		.example = "GET muster:lease:checkstate:fence -> 17",
	},
	[KEY_UPDATE] = {
		.pattern = "update:info",
		.type = KEY_CHANNEL,
		.summary = "Everything that happens to hosts, as it happens.",
		.shape = "A JSON object. Unknown types and members are to be passed over. Messages can get lost: whatever matters is in a key too.",
		FIELDS(update_fields),
		.writer = "agent; server: alive \"0\" for a dead host",
		.reader = "server; anybody",
		.expiry = "-",
		.example = "{\"type\":\"alive\",\"ip\":\"10.0.0.7\",\"alive\":\"1\",\"id\":\"5a...\",\"seq\":17,\"ts\":1732140000.123,\"interval\":10}",
	},
	[KEY_UPDATE_ALIVE] = {
		.pattern = "update:info:{ip}:alive",
		.type = KEY_CHANNEL,
		.summary = "Whether this host lives.",
		.shape = "`1` or `0`.",
		.writer = "agent: with each report and at a clean stop; server: 0 for a dead host",
		.reader = "anybody",
		.expiry = "-",
		.example = "PUBLISH update:info:10.0.0.7:alive 1",
	},
	[KEY_BELL_HOST] = {
		.pattern = "muster:bell:{ip}",
		.type = KEY_CHANNEL,
		.summary = "Look now: something of interest to this host was written.",
		.shape = "Any text; it does not count. Rings closer than 100 ms are one.",
		.writer = "server; operator",
		.reader = "agent",
		.expiry = "-",
		.example = "PUBLISH muster:bell:10.0.0.7 1",
	},
	[KEY_BELL] = {
		.pattern = "muster:bell",
		.type = KEY_CHANNEL,
		.summary = "The same, for all hosts.",
		.shape = "As above.",
		.writer = "server; operator",
		.reader = "agents",
		.expiry = "-",
		.example = "PUBLISH muster:bell 1",
	},
};

const struct key_def *key_def(enum key_id id)
{
	assert(id < KEY_N);
	return &table[id];
}
