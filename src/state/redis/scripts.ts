import { createHash } from 'node:crypto';

/** A Lua script that runs on the server as one step, and the SHA-1 by which the server calls it once it knows it. */
export type Script = { readonly text: string; readonly sha1: string };

/**
 * A store is one hash, so that whatever empties Redis, evicts or deletes takes the marker along with the entries, and what was lost shows.
 * Beside the entries (`e:KEY` = `REVISION:VALUE`) stand format, store (its id), revision (how many writes and removals there were), count and
 * bytes (of the entries) and touched: six members, whose number with count must be the hash's length, so that an entry that somebody else
 * removed shows as well.
 *
 * ARGV[1] is the store's id, or '' from whoever does not know it yet. What a script replies begins with a word; see reply.ts.
 */
const HEAD = `
local key = KEYS[1]
local head = redis.call('HMGET', key, 'format', 'store', 'revision', 'count', 'bytes')
if not head[1] or not head[2] then
  if redis.call('EXISTS', key) == 0 then return {'lost'} end
  return {'torn'}
end
if head[1] ~= '1' then return {'other_format'} end
if ARGV[1] ~= '' and head[2] ~= ARGV[1] then return {'replaced'} end
local count, bytes = tonumber(head[4]), tonumber(head[5])
if not tonumber(head[3]) or not count or not bytes then return {'torn'} end
if redis.call('HLEN', key) ~= count + 6 then return {'torn'} end
`;

/** → store, revision, count, bytes */
const OPEN = `${HEAD}
return {'open', head[3], head[2], head[4], head[5]}`;

/** ARGV[2]: the member → revision, what stands there or nil */
const READ = `${HEAD}
return {'read', head[3], redis.call('HGET', key, ARGV[2])}`;

/** What stands under ARGV[2] must have the revision ARGV[3], 0 where there is nothing; `before` is what it counts of bytes. */
const EXPECTED = `${HEAD}
local stored = redis.call('HGET', key, ARGV[2])
local found, before = '0', 0
if stored then
  found = string.match(stored, '^([1-9]%d*):')
  if not found then return {'torn'} end
  before = #ARGV[2] - 2 + #stored - #found - 1
  if before > bytes then return {'torn'} end
end
if found ~= ARGV[3] then return {'conflict', head[3], found} end
`;

/** ARGV[2..6]: the member, the revision expected of it, the value, max_entries, max_bytes → revision, and the entry's own */
const COMPARE_AND_SET = `${EXPECTED}
local weight = #ARGV[2] - 2 + #ARGV[4]
bytes = bytes - before + weight
if not stored then count = count + 1 end
if (not stored or weight > before) and bytes > tonumber(ARGV[6]) then return {'full', head[3]} end
if not stored and count > tonumber(ARGV[5]) then return {'full', head[3]} end
local next = string.format('%.0f', tonumber(found) + 1)
redis.call('HSET', key, ARGV[2], next .. ':' .. ARGV[4],
  'count', string.format('%.0f', count), 'bytes', string.format('%.0f', bytes))
return {'written', string.format('%.0f', redis.call('HINCRBY', key, 'revision', 1)), next}`;

/**
 * ARGV[2..3]: the member, the revision expected of it → revision, and the entry's own, which is gone with it. HDEL stands first: where the
 * user lacks it, nothing is done.
 */
const REMOVE = `${EXPECTED}
if not stored then return {'conflict', head[3], found} end
redis.call('HDEL', key, ARGV[2])
redis.call('HSET', key, 'count', string.format('%.0f', count - 1), 'bytes', string.format('%.0f', bytes - before))
return {'written', string.format('%.0f', redis.call('HINCRBY', key, 'revision', 1)), found}`;

/** Writes what says nothing, so that what was read before can be waited for: the log of writes is in order. → revision */
const TOUCH = `${HEAD}
redis.call('HINCRBY', key, 'touched', 1)
return {'touched', head[3]}`;

/** ARGV[2..3]: the cursor, the members' prefix → revision, the next cursor, and members */
const LIST = `${HEAD}
local page = redis.call('HSCAN', key, ARGV[2], 'COUNT', 1000)
local found = {'listed', head[3], page[1]}
for i = 1, #page[2], 2 do
  local member = page[2][i]
  if string.sub(member, 1, #ARGV[3]) == ARGV[3] then found[#found + 1] = member end
end
return found`;

/** ARGV[1..2]: the new store's id, and 1 to take the place of what there is */
const MAKE = `
local key = KEYS[1]
if redis.call('EXISTS', key) == 1 then
  if ARGV[2] ~= '1' then return {'exists'} end
  redis.call('DEL', key)
end
redis.call('HSET', key, 'format', '1', 'store', ARGV[1], 'revision', '0', 'count', '0', 'bytes', '0', 'touched', '0')
return {'made'}`;

export const SCRIPTS = {
  open: script(OPEN),
  read: script(READ),
  compareAndSet: script(COMPARE_AND_SET),
  remove: script(REMOVE),
  touch: script(TOUCH),
  list: script(LIST),
  make: script(MAKE),
} as const;

/** The member of the hash that an entry is. */
export function memberOf(key: string): string {
  return `e:${key}`;
}

function script(text: string): Script {
  // SHA-1 is the server's name for a script, and protects nothing.
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}
