// The door of what is HTTP alone: targets, headers, bodies, answers. Nothing here knows what a request means.
export { readTarget, type Target } from './target.ts';
export { toEngine } from './headers.ts';
export { collect, type Body, type BodyMemory } from './body.ts';
export { sendAnswer, sendError, type EngineLikeError } from './answer.ts';
