// Who calls the service, and what they may do.
export { Guard, type Caller } from './guard.ts';
export { parseKeys } from './key-file.ts';
export { keyPattern } from './credential.ts';
export { networksOf } from './inside.ts';
export { leastSecretCharacters } from './peer-secrets.ts';
export { digestOf, peerHeader, sign } from './peer-signature.ts';
export { unauthenticated } from './refusal.ts';
export { neededFor } from './scopes.ts';
export { securityHeaders, strictTransport } from './security-headers.ts';
export type { JwtSettings } from './jwt.ts';
export type { AuthConfiguration } from './settings.ts';
