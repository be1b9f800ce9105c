/*
 * shapes - the objects of the API, member by member: what the reference and the web's types are printed from.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/shapes.h"

#define FIELDS(array) .fields = (array), .n_fields = COUNT_OF(array)

static const char *const states[] = { "unknown", "waiting", "online", "offline", NULL };
static const char *const levels[] = { "info", "warn", "error", NULL };
static const char *const roles[] = { "visitor", "developer", "admin", NULL };
static const char *const statuses[] = { "ok", "degraded", NULL };

static const struct field version_fields[] = {
	{ .name = "name", .type = FIELD_TEXT, .help = "Always \"muster\"." },
	{ .name = "version", .type = FIELD_TEXT, .help = "Version of the server." },
	{ .name = "api", .type = FIELD_INT, .help = "Version of the API: the number in its path." },
	{ .name = "setup",
	  .type = FIELD_BOOL,
	  .help = "There is no admin yet: the printed setup link makes the first." },
};
const struct shape shape_version = { .name = "Version",
	                             .help = "What answers here.",
	                             FIELDS(version_fields) };

static const struct field part_fields[] = {
	{ .name = "name", .type = FIELD_TEXT, .help = "redis, sql, ingest, checkstate, ..." },
	{ .name = "state",
	  .type = FIELD_TEXT,
	  .help = "ok, down, starting, or standby (another server has the lease)." },
	{ .name = "ok", .type = FIELD_BOOL, .help = "Nothing is wrong with it." },
	{ .name = "since", .type = FIELD_TIME, .help = "When it came into this state." },
	{ .name = "message", .type = FIELD_TEXT, .help = "A sentence; empty when all is well." },
};
const struct shape shape_part = { .name = "Part",
	                          .help = "One part of the server.",
	                          FIELDS(part_fields) };

static const struct field counts_fields[] = {
	{ .name = "unknown", .type = FIELD_INT, .help = "Not heard of since the server started." },
	{ .name = "waiting", .type = FIELD_INT, .help = "Waiting to be let in." },
	{ .name = "online", .type = FIELD_INT, .help = "Reporting." },
	{ .name = "offline", .type = FIELD_INT, .help = "Silent for three intervals, or stopped." },
};
const struct shape shape_counts = { .name = "HostCounts",
	                            .help = "How many hosts are in each state.",
	                            FIELDS(counts_fields) };

static const struct field health_fields[] = {
	{ .name = "status",
	  .type = FIELD_WORD,
	  .words = statuses,
	  .help = "ok when every part is." },
	{ .name = "parts", .type = FIELD_LIST, .shape = &shape_part, .help = "The parts." },
	{ .name = "uptime_s", .type = FIELD_INT, .unit = "s", .help = "Since the server started." },
	{ .name = "hosts",
	  .type = FIELD_OBJECT,
	  .shape = &shape_counts,
	  .help = "The fleet in numbers." },
	{ .name = "messages", .type = FIELD_INT, .help = "Messages taken in since the start." },
	{ .name = "malformed", .type = FIELD_INT, .help = "Messages refused since the start." },
};
const struct shape shape_health = { .name = "Health",
	                            .help = "How the server is.",
	                            FIELDS(health_fields) };

static const struct field user_fields[] = {
	{ .name = "name", .type = FIELD_TEXT, .help = "Of the user, or of the token." },
	{ .name = "role", .type = FIELD_WORD, .words = roles, .help = "What they may do." },
};
const struct shape shape_user = { .name = "User",
	                          .help = "Who is logged in.",
	                          FIELDS(user_fields) };

static const struct field session_fields[] = {
	{ .name = "user", .type = FIELD_OBJECT, .shape = &shape_user, .help = "Who is logged in." },
	{ .name = "csrf",
	  .type = FIELD_TEXT,
	  .help = "To be sent as X-CSRF-Token with everything but GET; empty for tokens." },
};
const struct shape shape_session = { .name = "Session",
	                             .help = "A login.",
	                             FIELDS(session_fields) };

static const struct field host_fields[] = {
	{ .name = "id",
	  .type = FIELD_TEXT,
	  .help = "The host's identity; all 0 until it is known. In lists its first 8 hex digits, "
	          "on its own page all 32." },
	{ .name = "ip", .type = FIELD_TEXT, .help = "The address it reports from." },
	{ .name = "hostname", .type = FIELD_TEXT, .help = "Its full name." },
	{ .name = "region", .type = FIELD_TEXT, .help = "\"unknown\" unless set." },
	{ .name = "state", .type = FIELD_WORD, .words = states, .help = "See HostCounts." },
	{ .name = "since", .type = FIELD_TIME, .help = "When it came into this state." },
	{ .name = "seen", .type = FIELD_TIME, .nullable = true, .help = "When it was last heard." },
	{ .name = "interval",
	  .type = FIELD_NUMBER,
	  .nullable = true,
	  .unit = "s",
	  .help = "How often it reports." },
	{ .name = "load1",
	  .type = FIELD_NUMBER,
	  .nullable = true,
	  .help = "Load average of a minute." },
	{ .name = "cpu",
	  .type = FIELD_NUMBER,
	  .nullable = true,
	  .unit = "%",
	  .help = "Processors busy." },
	{ .name = "mem",
	  .type = FIELD_NUMBER,
	  .nullable = true,
	  .unit = "%",
	  .help = "Memory that is not available." },
	{ .name = "disk",
	  .type = FIELD_NUMBER,
	  .nullable = true,
	  .unit = "%",
	  .help = "The fullest local file system." },
	{ .name = "net_in",
	  .type = FIELD_NUMBER,
	  .nullable = true,
	  .unit = "KB/s",
	  .help = "Received by all its cards." },
	{ .name = "net_out",
	  .type = FIELD_NUMBER,
	  .nullable = true,
	  .unit = "KB/s",
	  .help = "Sent by all its cards." },
	{ .name = "cores", .type = FIELD_INT, .nullable = true, .help = "Processors." },
	{ .name = "version",
	  .type = FIELD_TEXT,
	  .nullable = true,
	  .help = "Version of its agent." },
	{ .name = "flapping",
	  .type = FIELD_BOOL,
	  .help = "It changes its state so often that its events are held back." },
	{ .name = "duplicate",
	  .type = FIELD_BOOL,
	  .help = "Another living host uses its identity or its address." },
};
const struct shape shape_host = { .name = "HostRow",
	                          .help = "One host of the roll.",
	                          FIELDS(host_fields) };

static const struct field host_list_fields[] = {
	{ .name = "now", .type = FIELD_TIME, .help = "The server's time." },
	{ .name = "rev", .type = FIELD_INT, .help = "Grows with every change of the roll." },
	{ .name = "hosts",
	  .type = FIELD_LIST,
	  .shape = &shape_host,
	  .help = "In the order they came." },
};
const struct shape shape_host_list = { .name = "HostList",
	                               .help = "The roll.",
	                               FIELDS(host_list_fields) };

static const struct field run_fields[] = {
	{ .name = "firsttime",
	  .type = FIELD_INT,
	  .unit = "s",
	  .help = "Beginning, seconds since 1970." },
	{ .name = "updatetime",
	  .type = FIELD_INT,
	  .unit = "s",
	  .help = "Last confirmed, seconds since 1970." },
	{ .name = "hostname", .type = FIELD_TEXT, .help = "Its name then." },
	{ .name = "mempercent",
	  .type = FIELD_INT,
	  .nullable = true,
	  .unit = "%",
	  .help = "Memory." },
	{ .name = "diskpercent",
	  .type = FIELD_INT,
	  .nullable = true,
	  .unit = "%",
	  .help = "Fullest file system." },
};
const struct shape shape_run = {
	.name = "WorkerRun",
	.help = "A row of tb_worker_stamp_info: for so long, nothing but the time changed.",
	FIELDS(run_fields)
};

static const struct field host_detail_fields[] = {
	{ .name = "now", .type = FIELD_TIME, .help = "The server's time." },
	{ .name = "offset_ms",
	  .type = FIELD_NUMBER,
	  .nullable = true,
	  .unit = "ms",
	  .help = "Its clock against the server's Redis." },
	{ .name = "first_seen",
	  .type = FIELD_TIME,
	  .nullable = true,
	  .help = "When it first came." },
	{ .name = "mac",
	  .type = FIELD_TEXT,
	  .nullable = true,
	  .help = "Of the card that owns the address." },
	{ .name = "os", .type = FIELD_TEXT, .nullable = true, .help = "Name of its system." },
	{ .name = "kernel",
	  .type = FIELD_TEXT,
	  .nullable = true,
	  .help = "Release of its kernel." },
	{ .name = "cpu_model", .type = FIELD_TEXT, .nullable = true, .help = "Its processors." },
	{ .name = "mem_total_mb",
	  .type = FIELD_NUMBER,
	  .nullable = true,
	  .unit = "MB",
	  .help = "Its memory." },
	{ .name = "boot", .type = FIELD_TIME, .nullable = true, .help = "When it was started." },
	{ .name = "info", .type = FIELD_MAP, .help = "All of server:info:{ip}." },
	{ .name = "runs",
	  .type = FIELD_LIST,
	  .shape = &shape_run,
	  .help = "Its latest runs, newest first." },
};
const struct shape shape_host_detail = { .name = "HostDetail",
	                                 .base = &shape_host,
	                                 .help = "All about one host.",
	                                 FIELDS(host_detail_fields) };

static const struct field sample_reply_fields[] = {
	{ .name = "now", .type = FIELD_TIME, .help = "The server's time." },
	{ .name = "ts", .type = FIELD_TIME, .help = "When the message was made." },
	{ .name = "age_ms", .type = FIELD_INT, .unit = "ms", .help = "How long ago it arrived." },
	{ .name = "info", .type = FIELD_OBJECT, .shape = &shape_sample, .help = "The message." },
};
const struct shape shape_sample_reply = { .name = "SampleReply",
	                                  .help = "A host's latest message.",
	                                  FIELDS(sample_reply_fields) };

static const struct field recent_fields[] = {
	{ .name = "samples", .type = FIELD_LIST, .shape = &shape_sample, .help = "Oldest first." },
};
const struct shape shape_recent = { .name = "RecentReply",
	                            .help = "A host's last messages.",
	                            FIELDS(recent_fields) };

static const struct field watch_fields[] = {
	{ .name = "until", .type = FIELD_TIME, .help = "When the watch ends unless renewed." },
};
const struct shape shape_watch = { .name = "WatchReply", .help = "A watch.", FIELDS(watch_fields) };

static const struct field event_fields[] = {
	{ .name = "id", .type = FIELD_INT, .help = "Grows with every event." },
	{ .name = "time", .type = FIELD_TIME, .help = "When it happened." },
	{ .name = "ip", .type = FIELD_TEXT, .nullable = true, .help = "The host it is about." },
	{ .name = "hostname", .type = FIELD_TEXT, .nullable = true, .help = "Its name." },
	{ .name = "kind", .type = FIELD_TEXT, .help = "host.offline, redis.down, ..." },
	{ .name = "level", .type = FIELD_WORD, .words = levels, .help = "How bad it is." },
	{ .name = "text", .type = FIELD_TEXT, .help = "A sentence." },
	{ .name = "data", .type = FIELD_OBJECT, .nullable = true, .help = "Details, by kind." },
};
const struct shape shape_event = { .name = "EventRow",
	                           .help = "Something that happened.",
	                           FIELDS(event_fields) };

static const struct field event_list_fields[] = {
	{ .name = "events", .type = FIELD_LIST, .shape = &shape_event, .help = "Newest first." },
	{ .name = "more", .type = FIELD_BOOL, .help = "There are older ones." },
};
const struct shape shape_event_list = { .name = "EventList",
	                                .help = "A page of the log.",
	                                FIELDS(event_list_fields) };

static const struct field check_fields[] = {
	{ .name = "workers", .type = FIELD_INT, .help = "Workers looked at." },
	{ .name = "offline", .type = FIELD_INT, .help = "Of them, offline." },
	{ .name = "changed",
	  .type = FIELD_INT,
	  .help = "Rows of tb_worker_stamp_info that began." },
	{ .name = "took_ms", .type = FIELD_INT, .unit = "ms", .help = "How long it took." },
	{ .name = "active",
	  .type = FIELD_BOOL,
	  .help = "False: another server on this Redis does it, and nothing was done here." },
};
const struct shape shape_check = { .name = "CheckReply",
	                           .help = "What a pass came to.",
	                           FIELDS(check_fields) };

static const struct field token_fields[] = {
	{ .name = "id", .type = FIELD_INT, .help = "Its number." },
	{ .name = "name", .type = FIELD_TEXT, .help = "Its name." },
	{ .name = "role", .type = FIELD_WORD, .words = roles, .help = "What it allows." },
	{ .name = "created", .type = FIELD_TIME, .nullable = true, .help = "When it was made." },
	{ .name = "expires",
	  .type = FIELD_TIME,
	  .nullable = true,
	  .help = "When it ends; null: never." },
	{ .name = "used", .type = FIELD_TIME, .nullable = true, .help = "When it was last used." },
};
const struct shape shape_token = { .name = "TokenRow",
	                           .help = "A token for programs.",
	                           FIELDS(token_fields) };

static const struct field token_list_fields[] = {
	{ .name = "tokens", .type = FIELD_LIST, .shape = &shape_token, .help = "By number." },
};
const struct shape shape_token_list = { .name = "TokenList",
	                                .help = "All tokens.",
	                                FIELDS(token_list_fields) };

static const struct field token_made_fields[] = {
	{ .name = "id", .type = FIELD_INT, .help = "Its number." },
	{ .name = "token", .type = FIELD_TEXT, .help = "The token itself, told this once." },
};
const struct shape shape_token_made = { .name = "TokenMade",
	                                .help = "A new token.",
	                                FIELDS(token_made_fields) };

static const struct field hello_fields[] = {
	{ .name = "now", .type = FIELD_TIME, .help = "The server's time." },
	{ .name = "rev",
	  .type = FIELD_INT,
	  .help = "Of the roll; a client that has another one reads GET /hosts." },
};
const struct shape shape_hello = { .name = "StreamHello",
	                           .help = "The beginning of a stream.",
	                           FIELDS(hello_fields) };

static const struct field hosts_event_fields[] = {
	{ .name = "hosts",
	  .type = FIELD_LIST,
	  .shape = &shape_host,
	  .help = "The rows that changed." },
};
const struct shape shape_hosts_event = { .name = "StreamHosts",
	                                 .help = "Changes of a second.",
	                                 FIELDS(hosts_event_fields) };

static const struct field gone_fields[] = {
	{ .name = "ip", .type = FIELD_TEXT, .help = "Its address." },
	{ .name = "id", .type = FIELD_TEXT, .help = "Its identity." },
};
const struct shape shape_gone = { .name = "StreamGone",
	                          .help = "A host left the roll.",
	                          FIELDS(gone_fields) };

static const struct field stream_sample_fields[] = {
	{ .name = "ip", .type = FIELD_TEXT, .help = "Whose." },
	{ .name = "info", .type = FIELD_OBJECT, .shape = &shape_sample, .help = "The message." },
};
const struct shape shape_stream_sample = { .name = "StreamSample",
	                                   .help = "A message of a watched host.",
	                                   FIELDS(stream_sample_fields) };

static const struct field error_fields[] = {
	{ .name = "code",
	  .type = FIELD_TEXT,
	  .help = "For programs: lower case, with underscores." },
	{ .name = "message", .type = FIELD_TEXT, .help = "For people." },
	{ .name = "field", .type = FIELD_TEXT, .optional = true, .help = "What it is about." },
	{ .name = "remedy", .type = FIELD_TEXT, .optional = true, .help = "What to do." },
};
const struct shape shape_error = { .name = "ApiError",
	                           .help = "Why a request was refused: {\"error\": ApiError}.",
	                           FIELDS(error_fields) };

const struct shape *const *api_shapes(size_t *ret_n)
{
	static const struct shape *const all[] = {
		&shape_error,       &shape_version,    &shape_part,          &shape_counts,
		&shape_health,      &shape_user,       &shape_session,       &shape_host,
		&shape_host_list,   &shape_run,        &shape_host_detail,   &shape_cpu_times,
		&shape_load,        &shape_cpu,        &shape_mem,           &shape_disk_row,
		&shape_filesystem,  &shape_disk,       &shape_net_row,       &shape_net_total,
		&shape_agent,       &shape_sample,     &shape_sample_reply,  &shape_recent,
		&shape_watch,       &shape_event,      &shape_event_list,    &shape_check,
		&shape_token,       &shape_token_list, &shape_token_made,    &shape_hello,
		&shape_hosts_event, &shape_gone,       &shape_stream_sample,
	};

	*ret_n = COUNT_OF(all);
	return all;
}
