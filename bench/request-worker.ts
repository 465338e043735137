/** A worker that makes as many requests as it is told and answers with their bytes. */
import { hostKeyTable } from '../core/crypto/fast.ts';
import type { KeyAgreement } from '../core/crypto/p521.ts';
import type { ImageTags } from '../core/image/tags.ts';
import { buildRequest, freshRequestKeys, wipeRequestKeys } from '../core/request/build.ts';
import type { Secret } from '../core/secret/secret.ts';
import { nodeEnv } from '../edge/env.ts';
import { serve } from '../edge/pool.ts';

interface SetUp {
  readonly hostKeys: readonly Uint8Array[];
  readonly image: ImageTags;
  readonly secret: Secret;
}

let given: SetUp | undefined;
let table: KeyAgreement | undefined;

serve<SetUp, number, number>({
  setUp: (data) => {
    given = data;
    table = hostKeyTable(data.hostKeys);
  },
  work: (count) => {
    let bytes = 0;
    for (let i = 0; given && i < count; i++) {
      const keys = freshRequestKeys(nodeEnv, table);
      bytes += buildRequest(given, keys, table).length;
      wipeRequestKeys(keys);
    }
    return { data: bytes };
  },
  end: () => {},
});
