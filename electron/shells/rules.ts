/** What the Electron shell lets happen: pure decisions, so that each can be shown to hold. */
import { ELECTRON_HOST, ELECTRON_SCHEME } from '../assets.ts';

/** Ours is a custom scheme: URL.origin says "null" for it, so protocol and host are compared. */
export const isOurs = (address: string): boolean => {
  try {
    const url = new URL(address);
    return url.protocol === `${ELECTRON_SCHEME}:` && url.host === ELECTRON_HOST;
  } catch {
    return false;
  }
};

/** The one permission there is: writing to the clipboard, for the copy buttons. */
export const isAllowed = (permission: string, address: string): boolean =>
  permission === 'clipboard-sanitized-write' && isOurs(address);

/** Of a frame that calls: what has to be known about it. */
export interface Sender {
  readonly url: string;
  readonly parent: unknown;
}

/** A call counts only from the top frame of our own page. A frame that is gone by now is null. */
export const mayCall = (frame: Sender | null): boolean => frame !== null && frame.parent === null && isOurs(frame.url);

/** Whether a request may go on: to our own files, or to what is inside the address itself. Everything else would be a network. */
export const mayLoad = (address: string): boolean => isOurs(address) || address.startsWith('data:');

/** Switches of Chromium that a command line may not bring: they open the page to others, or it to what it may not load. */
export const REFUSED_SWITCHES = [
  'allow-file-access-from-files',
  'disable-web-security',
  'js-flags',
  'load-extension',
  'log-net-log',
  'proxy-pac-url',
  'proxy-server',
  'remote-allow-origins',
  'remote-debugging-address',
  'remote-debugging-pipe',
  'remote-debugging-port',
  'ssl-key-log-file',
] as const;

/** What a window may do. Set, even where it is Electron's default: a default can change. */
export const webPreferencesFor = (preload: string, packaged: boolean) =>
  ({
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    spellcheck: false,
    plugins: false,
    devTools: !packaged,
    // in memory: no cache, no cookies and no storage of the page on the disk
    partition: 'selwright',
  }) as const;
