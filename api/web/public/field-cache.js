// The service varies its answers by Accept and Cookie. The files of the page are the same for everyone, and a navigation
// asks with another Accept than the worker did: without this nothing would be found in the cache when there is no signal.
for (const kind of [Cache, CacheStorage]) {
  const match = kind.prototype.match
  kind.prototype.match = function (request, options) {
    return match.call(this, request, { ...options, ignoreVary: true })
  }
}
