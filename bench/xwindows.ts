/** Watches an X server: when the first real window is put on the screen. Source: X11 protocol, "Window operations" and "Events". */
import { connect, type Socket } from 'node:net';

const CHANGE_WINDOW_ATTRIBUTES = 2;
const EVENT_MASK = 1 << 11;
const SUBSTRUCTURE_NOTIFY = 1 << 19;
const CREATE_NOTIFY = 16;
const MAP_NOTIFY = 19;
const EVENT_SIZE = 32;
/** Smaller ones are helpers that nobody sees, in pixels. */
const REAL = 300;

/** The client's greeting: little endian, version 11.0, no authorisation. */
const greeting = (): Buffer => {
  const b = Buffer.alloc(12);
  b[0] = 0x6c;
  b.writeUInt16LE(11, 2);
  return b;
};

/** The root window, as the server's greeting names it. @param b the greeting, whole */
const rootOf = (b: Buffer): number => {
  const vendor = b.readUInt16LE(24);
  const formats = b[29] as number;
  return b.readUInt32LE(40 + vendor + ((4 - (vendor % 4)) % 4) + 8 * formats);
};

/** Asks for everything that happens to windows. */
const watch = (root: number): Buffer => {
  const b = Buffer.alloc(16);
  b[0] = CHANGE_WINDOW_ATTRIBUTES;
  b.writeUInt16LE(4, 2);
  b.writeUInt32LE(root, 4);
  b.writeUInt32LE(EVENT_MASK, 8);
  b.writeUInt32LE(SUBSTRUCTURE_NOTIFY, 12);
  return b;
};

export interface WindowWatch {
  /** settles with the time of the clock, in milliseconds, when the next real window is shown */
  next(): Promise<number>;
  stop(): void;
}

/** @param display as in DISPLAY, of this machine: ":1" @throws when there is no such server */
export const watchWindows = async (display: string): Promise<WindowWatch> => {
  const socket: Socket = connect(`/tmp/.X11-unix/X${display.replace(/^:|\..*$/g, '')}`);
  let seen = Buffer.alloc(0);
  let greeted = false;
  const real = new Set<number>();
  let shown: (at: number) => void = () => undefined;
  await new Promise<void>((ready, bad) => {
    socket.on('error', bad);
    socket.on('data', (data) => {
      const at = performance.timeOrigin + performance.now();
      seen = Buffer.concat([seen, data]);
      if (!greeted) {
        if (seen.length < 8) return;
        const size = 8 + 4 * seen.readUInt16LE(6);
        if (seen[0] !== 1) return bad(new Error(`the X server at ${display} refuses us`));
        if (seen.length < size) return;
        socket.write(watch(rootOf(seen)));
        seen = seen.subarray(size);
        greeted = true;
        ready();
      }
      for (; seen.length >= EVENT_SIZE; seen = seen.subarray(EVENT_SIZE)) {
        const type = (seen[0] as number) & 0x7f;
        if (type === CREATE_NOTIFY && seen.readUInt16LE(16) >= REAL && seen.readUInt16LE(18) >= REAL)
          real.add(seen.readUInt32LE(8));
        if (type === MAP_NOTIFY && real.has(seen.readUInt32LE(8))) shown(at);
      }
    });
    socket.write(greeting());
  });
  return {
    next: () =>
      new Promise((done) => {
        shown = done;
      }),
    stop: () => socket.destroy(),
  };
};
