/** The one way to the main side: a call on the contract. */
import type { Answer, ArgsOf, Bridge, Channel, ResultOf } from '../electron/contract.ts';

declare global {
  interface Window {
    readonly selwright: Bridge;
  }
}

/** What the main side says when it will not: sentences, ready to be shown. */
export class Refused extends Error {
  readonly code: string;
  readonly todo: string | null;
  constructor(code: string, what: string, todo: string | null) {
    super(what);
    this.code = code;
    this.todo = todo;
  }
}

/** Asks and waits. @throws Refused */
export const call = async <C extends Channel>(channel: C, args: ArgsOf<C>): Promise<ResultOf<C>> => {
  const answer = (await window.selwright.call(channel, args)) as Answer<ResultOf<C>>;
  if (answer.ok) return answer.value;
  throw new Refused(answer.code, answer.what, answer.todo);
};
