/** Return codes of the ultravisor, by call. Source: spec page "secrets". Sentences: words/uv.ts. */
export const RC_OK = 0x0001;

export const ADD_RC = {
  storeNotModifiable: 0x0101,
  locked: 0x0102,
  accessException: 0x0103,
  version: 0x0104,
  size: 0x0105,
  hostKeys: 0x0106,
  flags: 0x0107,
  cannotDecrypt: 0x0108,
  unsupportedSecret: 0x0109,
  secretLength: 0x010a,
  storeFull: 0x010b,
  unableToAdd: 0x010c,
  dumpRunning: 0x010d,
} as const;

/** What the tools of the reference print for a refused add: for consoles that shall look like theirs. */
export const ADD_TOOL_TEXT: Record<number, string> = {
  [ADD_RC.storeNotModifiable]: 'not allowed to modify the secret store',
  [ADD_RC.locked]: 'secret store locked',
  [ADD_RC.accessException]: 'access exception when accessing request control block',
  [ADD_RC.version]: 'unsupported add secret version',
  [ADD_RC.size]: 'invalid request size',
  [ADD_RC.hostKeys]: 'invalid number of host-keys',
  [ADD_RC.flags]: 'unsupported flags specified',
  [ADD_RC.cannotDecrypt]: 'unable to decrypt the request',
  [ADD_RC.unsupportedSecret]: 'unsupported secret provided',
  [ADD_RC.secretLength]: 'invalid length for the specified secret',
  [ADD_RC.storeFull]: 'secret store full',
  [ADD_RC.unableToAdd]: 'unable to add secret',
  [ADD_RC.dumpRunning]: 'dump in progress, try again later',
};

export const LOCK_RC = { storeNotModifiable: 0x0101, alreadyLocked: 0x0102 } as const;

export const RETRIEVE_RC = {
  bufferTooSmall: 0x0009,
  accessException: 0x0102,
  storeEmpty: 0x010f,
  noSuchIndex: 0x0110,
  notRetrievable: 0x0111,
} as const;

export const ATTEST_RC = {
  userDataTooLong: 0x0102,
  version: 0x0106,
  length: 0x0107,
  keySlots: 0x0108,
  encryptedSize: 0x0109,
  flags: 0x010a,
  algorithm: 0x010b,
  cannotDecrypt: 0x010c,
  measurementBufferTooSmall: 0x010d,
  additionalBufferTooSmall: 0x010e,
} as const;

export type UvCall = 'add' | 'lock' | 'retrieve' | 'attest';

/** A return code as the tools print it. */
export const showRc = (rc: number): string => `0x${rc.toString(16).padStart(4, '0')}`;
