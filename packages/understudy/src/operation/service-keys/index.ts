// The keys of the service's callers: records, the list, where the operator keeps them, and the exchange of those that are the tool's own.
export {
  isFreeName,
  isToolKey,
  type KeyRecord,
  type KeyRequest,
  type KeyScope,
  keyScopes,
  makeKey,
  type NewKey,
} from './key-record.ts';
export { type KeyList, keyListText, readKeyList } from './key-list.ts';
export { isOwnList, serviceKeySuccession, type ServiceKeyTexts } from './kept.ts';
export {
  keepServiceKeyTexts,
  keptServiceKeys,
  openServiceKeys,
  replaceServiceKeyTexts,
  type ServiceKeys,
  serviceKeyTexts,
  writeKeyList,
} from './store.ts';
export { advanceServiceKeys, beginServiceKeys, idOf, isAhead, listInPhase, takeOverList } from './exchange.ts';
