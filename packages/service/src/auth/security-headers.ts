// Headers of every answer, which tell browsers to do as little with it as possible. No CORS header is among them: pages of other
// origins cannot read an answer.

export const securityHeaders = {
  'x-content-type-options': 'nosniff',
  // Documents and keys' names belong to the caller alone.
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** RFC 6797, 7.2: sent only where the user's connection has TLS, which the balancer ends and says in X-Forwarded-Proto. */
export const strictTransport = 'max-age=31536000';
