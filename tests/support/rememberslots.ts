/**
 * For vi.mock of core/request/keyslot.ts: core's own functions, asked once for each set of inputs. A key slot takes 10 ms of P-521, and
 * properties ask for the same ones thousands of times.
 */
import type * as keyslot from '../../core/request/keyslot.ts';

export const remembering = (real: typeof keyslot): typeof keyslot => {
  const known = new Map<string, Uint8Array>();
  const once = (key: readonly Uint8Array[], make: () => Uint8Array): Uint8Array => {
    const name = key.map((k) => Buffer.from(k).toString('hex')).join();
    const result = known.get(name) ?? make();
    known.set(name, result);
    return result.slice();
  };
  const makeKeySlot: typeof real.makeKeySlot = (customer, hostKey, protectionKey) =>
    once([customer.privateKey, hostKey, protectionKey], () => real.makeKeySlot(customer, hostKey, protectionKey));
  return {
    ...real,
    makeKeySlot,
    makeKeySlots: (customer, hostKeys, protectionKey) => hostKeys.map((k) => makeKeySlot(customer, k, protectionKey)),
    openKeySlot: (slots, customerKey, host, field) =>
      once([slots, customerKey, host.privateKey], () => real.openKeySlot(slots, customerKey, host, field)),
  };
};
