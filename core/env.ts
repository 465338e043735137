/** What core may not take for itself and gets passed in: randomness and time. */
export interface Env {
  /** `size` bytes from a cryptographic generator */
  random(size: number): Uint8Array;
  /** the present moment */
  now(): Date;
}
