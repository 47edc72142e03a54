// The keys of the service's callers: records, the list, and where the operator keeps them.
export {
  isFreeName,
  type KeyRecord,
  type KeyRequest,
  type KeyScope,
  keyScopes,
  makeKey,
  type NewKey,
  toolKeyId,
} from './key-record.ts';
export { type KeyList, keyListText, readKeyList } from './key-list.ts';
export {
  keepServiceKeyTexts,
  openServiceKeys,
  serviceKeyFileNames,
  type ServiceKeys,
  serviceKeyTexts,
  type ServiceKeyTexts,
  writeKeyList,
} from './store.ts';
