/**
 * One window a user: the first instance listens on a socket file, a second one knocks there and ends. What is said over it is one
 * byte without meaning, so nothing can be asked for this way.
 */
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Milliseconds to wait for an instance that does not answer. */
const PATIENCE = 2000;

/**
 * The socket's place: a directory that belongs to this user alone.
 * @returns undefined when there is none, or somebody else made it
 */
export const socketPath = (env: NodeJS.ProcessEnv = process.env): string | undefined => {
  const own = process.getuid?.();
  const directory = join(env.XDG_RUNTIME_DIR ?? tmpdir(), `selwright-${own ?? 'window'}`);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // a link that somebody else put there would lead into a directory of this user's that is meant for something else
    const stat = lstatSync(directory);
    if (!stat.isDirectory() || (own !== undefined && stat.uid !== own)) return undefined;
    chmodSync(directory, 0o700);
    return join(directory, 'window.sock');
  } catch {
    return undefined;
  }
};

/** @returns whether somebody is there and heard it */
const knock = (path: string): Promise<boolean> =>
  new Promise((answer) => {
    const socket = connect(path);
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.once('connect', () => socket.end('\n'));
    // the other side closes when it has heard
    socket.once('close', (failed) => answer(!failed && socket.bytesWritten > 0));
    socket.on('error', () => undefined);
    socket.resume();
  });

const listen = (path: string, onKnock: () => void): Promise<Server | undefined> =>
  new Promise((answer) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', onKnock);
      socket.setTimeout(PATIENCE, () => socket.destroy());
    });
    server.once('error', () => answer(undefined));
    server.listen(path, () => {
      server.unref();
      answer(server);
    });
  });

export interface OnlyInstance {
  /** gives the place free */
  release(): void;
}

/**
 * Becomes the only instance, or finds another.
 * @param onKnock called when a second instance was started
 * @returns undefined when another one is there: it was told
 */
export const becomeOnly = async (path: string, onKnock: () => void): Promise<OnlyInstance | undefined> => {
  for (let tries = 0; tries < 2; tries++) {
    const server = await listen(path, onKnock);
    if (server)
      return {
        release: () => {
          server.close();
          rmSync(path, { force: true });
        },
      };
    if (await knock(path)) return undefined;
    // left behind by an instance that was killed
    rmSync(path, { force: true });
  }
  // the place cannot be used: a window without it is better than none
  return { release: () => undefined };
};
