/*
 * scripts.c - see scripts.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/ingest/scripts.h"

/* A host's fields that we keep, and the function that reads one host. */
#define HOST_READER                                                                                \
	"local names = {'id','seen','seq','interval','run','first_seen','hostname','ip','mac',"    \
	"'macs','sn','os','kernel','arch','cpu','cores','mem','boot','version','cluster','offset'" \
	"}\n"                                                                                      \
	"local budget = 3000000\n"                                                                 \
	"local function host(ip)\n"                                                                \
	" local v = redis.pcall('HMGET', 'server:info:' .. ip, unpack(names))\n"                   \
	" if v.err then return nil end\n"                                                          \
	" local alive = redis.pcall('HGET', 'servers:alive', ip)\n"                                \
	" if type(alive) ~= 'string' or #alive > 8 then alive = '' end\n"                          \
	" local last = redis.pcall('ZREVRANGE', 'server:workload:' .. ip, 0, 0)\n"                 \
	" if last.err or not last[1] or #last[1] > 262144 or #last[1] > budget then last = ''\n"   \
	" else last = last[1]; budget = budget - #last end\n"                                      \
	" local row = {ip, alive, last}\n"                                                         \
	" for i, name in ipairs(names) do\n"                                                       \
	"  if v[i] and #v[i] <= 512 then row[#row + 1] = name; row[#row + 1] = v[i] end\n"         \
	" end\n"                                                                                   \
	" return row\n"                                                                            \
	"end\n"

static const char hosts[] = HOST_READER
	"local step = redis.call('SCAN', ARGV[1], 'MATCH', 'server:info:*', 'COUNT', ARGV[2])\n"
	"local refused, example, rows = 0, '', {}\n"
	"for _, key in ipairs(step[2]) do\n"
	" local row = #key <= 64 and host(string.sub(key, 13)) or nil\n"
	" if row then rows[#rows + 1] = row\n"
	" else refused = refused + 1; example = string.sub(key, 1, 80) end\n"
	"end\n"
	"return {step[1], refused, example, rows}\n";

static const char one_host[] = HOST_READER "local row = host(ARGV[1])\n"
					   "if row then return {'0', 0, '', {row}} end\n"
					   "return {'0', 1, 'server:info:' .. ARGV[1], {}}\n";

static const char life[] = "local v = redis.pcall('HMGET', 'server:info:' .. ARGV[1], "
			   "'id', 'seen', 'seq', 'interval', 'run')\n"
			   "if v.err then return {} end\n"
			   "local out = {}\n"
			   "for i = 1, 5 do out[i] = v[i] and #v[i] <= 64 and v[i] or '' end\n"
			   "return out\n";

static const char recent[] =
	"local list = redis.pcall('ZREVRANGE', 'server:workload:' .. ARGV[1], 0, 19)\n"
	"if list.err then return {} end\n"
	"local budget, out = 3000000, {}\n"
	"for _, v in ipairs(list) do\n"
	" if #v <= 262144 and #v <= budget then\n"
	"  budget = budget - #v; out[#out + 1] = v\n"
	" end\n"
	"end\n"
	"return out\n";

static const char workers[] =
	"local step = redis.call('SCAN', ARGV[1], 'MATCH', 'rdv_worker_*', 'COUNT', ARGV[2])\n"
	"local fields = "
	"{'updatetime','workerip','fullhostname','memstatuspercent','diskstatuspercent'}\n"
	"local refused, example, rows = 0, '', {}\n"
	"local function read(key)\n"
	" local kind = redis.call('TYPE', key).ok\n"
	" if kind == 'string' and redis.call('STRLEN', key) <= 1024 then\n"
	"  return {key, redis.call('GET', key)}\n"
	" elseif kind == 'list' and redis.call('LLEN', key) == 5 then\n"
	"  local v = redis.call('LRANGE', key, 0, 4)\n"
	"  return {key, v[1], v[2], v[3], v[4], v[5]}\n"
	" elseif kind == 'hash' then\n"
	"  local v = redis.call('HMGET', key, unpack(fields))\n"
	"  return {key, v[1] or '', v[2] or '', v[3] or '', v[4] or '', v[5] or ''}\n"
	" end\n"
	"end\n"
	"for _, key in ipairs(step[2]) do\n"
	" local row = #key <= 64 and read(key) or nil\n"
	" if row then for i = 2, #row do if #row[i] > 1024 then row = nil break end end end\n"
	" if row then rows[#rows + 1] = row\n"
	" elseif redis.call('EXISTS', key) == 1 then\n"
	"  refused = refused + 1; example = string.sub(key, 1, 80)\n"
	" end\n"
	"end\n"
	"local interval = redis.pcall('GETRANGE', 'rdv_client_loop_interval', 0, 31)\n"
	"if type(interval) ~= 'string' then interval = '' end\n"
	"return {step[1], refused, example, rows, interval}\n";

/*
 * "FENCE HOLDER COUNT". A lease that is ours from a life before (same holder) is taken with a new fence; so is one
 * that no server can have written, and one that stands still (its token is the one we were told last).
 */
#define LEASE_READER                                                                               \
	"local fence, holder, count = "                                                            \
	"string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%S+) (%d+)$')\n"

static const char take[] = LEASE_READER
	"if holder and holder ~= ARGV[2] then\n"
	" local token = string.format('%.0f', tonumber(fence) * 1000000 + tonumber(count))\n"
	" if token ~= ARGV[4] then return {'0', token} end\n"
	"end\n"
	"local last = tonumber(redis.call('GET', KEYS[2]) or '0') or 0\n"
	/* What is out of all reason was not counted there by us; NaN is not even itself. */
	"if last ~= last or last < 0 or last > 4e9 then last = 0 end\n"
	"local floor = tonumber(ARGV[1])\n"
	"if floor > last then last = floor end\n"
	"local text = string.format('%.0f', last + 1)\n"
	"redis.call('SET', KEYS[2], text)\n"
	"redis.call('SET', KEYS[1], text .. ' ' .. ARGV[2] .. ' 0', 'PX', ARGV[3])\n"
	"return {text, '0'}\n";

static const char renew[] = LEASE_READER
	"if fence ~= ARGV[1] or holder ~= ARGV[2] then return 0 end\n"
	"local text = string.format('%s %s %.0f', fence, holder, (tonumber(count) + 1) % 1000000)\n"
	"redis.call('SET', KEYS[1], text, 'PX', ARGV[3])\n"
	"return 1\n";

static const char drop[] =
	LEASE_READER "if fence ~= ARGV[1] or holder ~= ARGV[2] then return 0 end\n"
		     "return redis.call('DEL', KEYS[1])\n";

struct str script_text(enum script script)
{
	static const struct str texts[] = {
		[SCRIPT_HOSTS] = { hosts, sizeof(hosts) - 1 },
		[SCRIPT_HOST] = { one_host, sizeof(one_host) - 1 },
		[SCRIPT_LIFE] = { life, sizeof(life) - 1 },
		[SCRIPT_RECENT] = { recent, sizeof(recent) - 1 },
		[SCRIPT_WORKERS] = { workers, sizeof(workers) - 1 },
		[SCRIPT_TAKE] = { take, sizeof(take) - 1 },
		[SCRIPT_RENEW] = { renew, sizeof(renew) - 1 },
		[SCRIPT_DROP] = { drop, sizeof(drop) - 1 },
	};

	return texts[script];
}
