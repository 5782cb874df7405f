-- @include keys
-- @include rights
-- @include holders

-- The share of the grace by which the end of a token must move for another one to be worth its making.
local worthSigning = 0.05

-- The key that signs and what the license says: when either is another, so is the token.
local function makingOf(pool, signer)
  return signer .. ':' .. pool.termsVersion
end

-- Makes sure that rights cover a token which the caller is about to sign.
local function coverToken(pool, instance, session, holder, signer, hardUntil)
  local latest = math.max(hardUntil, tonumber(session.hardUntil) or 0)
  extendRights(pool, session.device, session.id, latest)
  redis.call('HSET', sessionKey(instance), 'hardUntil', latest,
    tokenField(holder), hardUntil .. ' ' .. makingOf(pool, signer))
end

-- Until when the holder's last token lasts if there is no need for another one, else nil.
local function tokenStillGood(pool, session, holder, signer, hardUntil)
  local tokenUntil, making = string.match(session[tokenField(holder)] or '', '^(%d+) (.*)$')
  if making ~= makingOf(pool, signer) then return nil end
  if hardUntil - tokenUntil >= pool.graceMs * worthSigning then return nil end
  return tonumber(tokenUntil)
end
