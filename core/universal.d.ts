// The only globals that `core` may use beyond the language itself: both exist in every JavaScript runtime of today.
// Seen by core/tsconfig.json alone, where neither the DOM's nor Node's types are loaded.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
